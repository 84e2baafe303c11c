using System.Runtime.CompilerServices;

namespace AarenGen;

/// <summary>Checks of options that the trainings of several tasks have.</summary>
internal static class TaskOptionChecks
{
    /// <summary>Checks the fraction of the data that is for validation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public static void CheckValidationFraction(double fraction, [CallerArgumentExpression(nameof(fraction))] string name = "") =>
        OptionChecks.Check(fraction is >= 0 and < 1, fraction, "from 0 to below 1", name);

    /// <summary>Checks the ends of the parts of time for training and for validation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first one lies behind the second.</exception>
    public static void CheckEnds(
        DateTimeOffset? trainUntil, DateTimeOffset? validateUntil, [CallerArgumentExpression(nameof(trainUntil))] string name = "",
        [CallerArgumentExpression(nameof(validateUntil))] string last = "") =>
        OptionChecks.Check(
            trainUntil is null || validateUntil is null || trainUntil <= validateUntil, trainUntil, $"at most {last}", name);
}
