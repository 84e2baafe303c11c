using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Examples;

/// <summary>What the examples' command lines share: options within limits, and mistakes told in one line.</summary>
internal static class CommandLine
{
    /// <summary>The exit code of a mistake in the command line or the data.</summary>
    public const int Mistake = 2;

    /// <summary>The exit code of a run that was stopped, as a shell has it for Ctrl-C.</summary>
    public const int Stopped = 130;

    /// <summary>Lets an option take whole numbers between limits alone.</summary>
    public static Option<int> Within(this Option<int> option, int min, int max)
    {
        option.CustomParser = result => Parse(option, result, min, max) ?? 0;
        return option;
    }

    /// <inheritdoc cref="Within(Option{int}, int, int)"/>
    public static Option<int?> Within(this Option<int?> option, int min, int max)
    {
        option.CustomParser = result => Parse(option, result, min, max);
        return option;
    }

    private static int? Parse(Option option, ArgumentResult result, int min, int max)
    {
        if (TryParse(result.Tokens[0].Value, min, max, out int value))
        {
            return value;
        }
        result.AddError(Describe(option.Name, result.Tokens[0].Value, min, max));
        return null;
    }

    /// <summary>A whole number between limits, whatever the user's culture.</summary>
    public static bool TryParse(string text, int min, int max, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    /// <summary>What is wrong with a text that is no whole number between limits.</summary>
    public static string Describe(string option, string text, int min, int max) =>
        string.Create(CultureInfo.InvariantCulture, $"{option}: '{text}' is no whole number from {min} to {max}.");

    /// <summary>Runs a command line. A mistake in it is one line and <see cref="Mistake"/>.</summary>
    public static Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Action is not ParseErrorAction)
        {
            return parsed.InvokeAsync();
        }
        Tell($"{parsed.Errors[0].Message.ReplaceLineEndings(" ")} See --help.");
        return Task.FromResult(Mistake);
    }

    /// <summary>Runs a command. Mistakes in files and options are one line, and stopping is a word.</summary>
    /// <param name="run">The command.</param>
    /// <param name="stopped">What to say when it was stopped.</param>
    public static int Guard(Func<int> run, string stopped)
    {
        try
        {
            return run();
        }
        catch (Exception exception)
        {
            Exception cause = exception is AggregateException { InnerExceptions: [var first, ..] } ? first : exception;
            if (cause is OperationCanceledException)
            {
                Console.Error.WriteLine(stopped);
                return Stopped;
            }
            if (!IsMistake(cause))
            {
                throw;
            }
            Tell(cause is OutOfMemoryException ? "There is not enough memory; use a shorter horizon or fewer rows." : Message(cause));
            return Mistake;
        }
    }

    /// <summary>Without the name of a parameter, of which the user of a program knows nothing.</summary>
    private static string Message(Exception exception) => exception is ArgumentException { ParamName: { } name }
        ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : exception.Message;

    /// <summary>Exceptions by which readers, models and the file system refuse what they are given.</summary>
    private static bool IsMistake(Exception exception) =>
        exception is Tables.TableException or ArgumentException or IOException or UnauthorizedAccessException
        or InvalidOperationException or NotSupportedException or OutOfMemoryException or OverflowException;

    // Not through the console's layout, which would break the line at 80 columns.
    private static void Tell(string message) => Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
}
