using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using AarenGen;

namespace Reporting;

/// <summary>Shared by the examples' command lines: options within limits, mistakes in one line, and Ctrl-C.</summary>
internal static class CommandLine
{
    /// <summary>The exit code of a mistake in the command line or the data.</summary>
    public const int Mistake = 2;

    /// <summary>The exit code of a stopped run, as in shells for Ctrl-C.</summary>
    public const int Stopped = 130;

    /// <summary>Jobs stop within a second or two; a busy machine may need longer to write a checkpoint.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>Restricts an option to whole numbers between limits.</summary>
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

    /// <summary>Restricts an option to finite numbers above 0.</summary>
    public static Option<double> Positive(this Option<double> option)
    {
        option.CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value > 0)
                || !double.IsFinite(value))
            {
                result.AddError($"{option.Name}: '{text}' is not a number above 0.");
            }
            return value;
        };
        return option;
    }

    /// <summary>A whole number between limits, whatever the user's culture.</summary>
    public static bool TryParse(string text, int min, int max, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;

    /// <summary>The message for a text that is not a whole number between limits.</summary>
    public static string Describe(string option, string text, int min, int max) =>
        string.Create(CultureInfo.InvariantCulture, $"{option}: '{text}' is not a whole number from {min} to {max}.");

    /// <summary>The names in an option's value, separated by commas.</summary>
    public static string[] List(this ParseResult parsed, Option<string> option) =>
        parsed.GetValue(option)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The names in an option's value, separated by commas: at least one, each once.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public static string[] RequiredList(this ParseResult parsed, Option<string> option) =>
        parsed.List(option) is { Length: > 0 } names ? [.. names.Distinct()]
            : throw new UserException($"{option.Name}: give at least one.");

    /// <summary>The command line as reports show it: without the folder of results, which does not affect them.</summary>
    public static string Without(string program, string[] args, Option output) => program + " " + string.Join(
        ' ',
        args.Where((a, i) => a != output.Name && (i == 0 || args[i - 1] != output.Name)
            && !a.StartsWith(output.Name + "=", StringComparison.Ordinal)));

    /// <summary>Runs a command line. A mistake in it is one line and <see cref="Mistake"/>.</summary>
    public static Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Action is not ParseErrorAction)
        {
            return parsed.InvokeAsync(new() { ProcessTerminationTimeout = StopLimit });
        }
        Tell($"{parsed.Errors[0].Message.ReplaceLineEndings(" ")} See --help.");
        return Task.FromResult(Mistake);
    }

    /// <summary>
    /// Runs a command. Mistakes in files and options are one line and <see cref="Mistake"/>; other exceptions are thrown.
    /// </summary>
    /// <param name="command">The command; gives the exit code.</param>
    /// <param name="stopped">The message when it was stopped; the exit code is <see cref="Stopped"/>.</param>
    public static async Task<int> GuardAsync(Func<int> command, string stopped)
    {
        try
        {
            // Ctrl-C is handled only while the caller waits for a task.
            return await Task.Run(command);
        }
        catch (Exception exception)
        {
            Exception cause = exception is AggregateException failures ? failures.Flatten().InnerExceptions[0] : exception;
            if (cause is OperationCanceledException)
            {
                await Console.Error.WriteLineAsync(stopped);
                return Stopped;
            }
            if (!IsMistake(cause))
            {
                throw;
            }
            Tell(MessageOf(cause));
            return Mistake;
        }
    }

    /// <summary>The result of work without side effects, such as reading: it is abandoned when stopped.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static T Abandonable<T>(Func<T> work, CancellationToken cancellation) =>
        Task.Run(work, cancellation).WaitAsync(cancellation).GetAwaiter().GetResult();

    private static int? Parse(Option option, ArgumentResult result, int min, int max)
    {
        if (TryParse(result.Tokens[0].Value, min, max, out int value))
        {
            return value;
        }
        result.AddError(Describe(option.Name, result.Tokens[0].Value, min, max));
        return null;
    }

    /// <summary>What to tell the user of a mistake.</summary>
    public static string MessageOf(Exception exception) => exception switch
    {
        OutOfMemoryException or OverflowException =>
            "There is not enough memory for these data and options; use less data or smaller numbers.",
        // Without the name of the parameter, which means nothing to the user of a program.
        ArgumentException { ParamName: { } name } => exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => exception.Message,
    };

    /// <summary>
    /// Exceptions by which readers, models and the file system reject their input; all others are bugs.
    /// </summary>
    public static bool IsMistake(Exception exception) =>
        exception is UserException or TableException or RecordException or ModelFileException or TrainingDivergedException or IOException
            or UnauthorizedAccessException or OutOfMemoryException or OverflowException
        || exception is ArgumentException and not ArgumentNullException;

    // The console's layout would break the line at 80 columns.
    private static void Tell(string message) => Console.Error.WriteLine($"error: {message.ReplaceLineEndings(" ")}");
}
