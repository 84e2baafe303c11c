using System.Globalization;
using System.Reflection;

namespace AarenGen.Tests;

/// <summary>
/// Runs a program within the test. Classes that use it are of one collection, since they share the console, as those do that show progress.
/// </summary>
internal static class ProgramRun
{
    /// <summary>The collection.</summary>
    public const string Collection = "console";

    /// <summary>The exit code and the error stream of a program.</summary>
    public static (int Code, string Error) Of(Assembly program, params string[] arguments)
    {
        (CultureInfo culture, CultureInfo? others) = (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture);
        try
        {
            return Capture(() => (int)program.EntryPoint!.Invoke(null, [arguments])!);
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (culture, others);
        }
    }

    /// <summary>What a call gives, and the error stream meanwhile.</summary>
    public static (T Result, string Error) Capture<T>(Func<T> call)
    {
        TextWriter before = Console.Error;
        using var error = new StringWriter();
        Console.SetError(error);
        try
        {
            return (call(), error.ToString());
        }
        finally
        {
            Console.SetError(before);
        }
    }
}
