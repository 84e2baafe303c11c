namespace AarenGen;

/// <summary>Checks of options of trainings.</summary>
internal static class OptionChecks
{
    /// <summary>Checks an option.</summary>
    /// <param name="isValid">Whether its value may be.</param>
    /// <param name="value">The value.</param>
    /// <param name="range">The values that may be, as in "at least 1".</param>
    /// <param name="name">The option.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public static void Check(bool isValid, object? value, string range, string name)
    {
        if (!isValid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} of the training options must be {range}.");
        }
    }

    /// <summary>Checks the fraction of the data that is for validation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public static void CheckValidationFraction(double fraction) =>
        Check(fraction is >= 0 and < 1, fraction, "from 0 to below 1", nameof(EventTrainingOptions.ValidationFraction));

    /// <summary>Checks the ends of the parts of time for training and for validation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first one lies behind the second.</exception>
    public static void CheckEnds(DateTimeOffset? trainUntil, DateTimeOffset? validateUntil) =>
        Check(
            trainUntil is null || validateUntil is null || trainUntil <= validateUntil, trainUntil,
            $"at most {nameof(EventTrainingOptions.ValidateUntil)}", nameof(EventTrainingOptions.TrainUntil));
}
