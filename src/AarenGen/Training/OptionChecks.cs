namespace AarenGen;

/// <summary>Checks of options of trainings.</summary>
internal static class OptionChecks
{
    /// <summary>Checks an option.</summary>
    /// <param name="isValid">Whether the value is allowed.</param>
    /// <param name="value">The value.</param>
    /// <param name="range">The allowed values, as in "at least 1".</param>
    /// <param name="name">The option.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public static void Check(bool isValid, object? value, string range, string name)
    {
        if (!isValid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} of the training options must be {range}.");
        }
    }
}
