using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Fuzzing;

/// <summary>Fuzzes targets one after the other, each in its own process, which may die.</summary>
/// <param name="assemblies">The folder of the program that the processes run.</param>
/// <param name="output">Where inputs that fail are saved.</param>
internal sealed class Supervisor(string assemblies, string output)
{
    private const int MostDeaths = 20;

    /// <summary>Whether nothing failed.</summary>
    public bool Run(FuzzTarget target, TimeSpan time, int seed)
    {
        long cases = 0, read = 0, faults = 0, started = Stopwatch.GetTimestamp();
        int deaths = 0;
        (string Pool, string Branches) last = ("0", "0");
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < time && deaths <= MostDeaths)
        {
            using Process process = Start(
                "worker", target.Name, "--seconds", Text((int)Math.Ceiling((time - elapsed).TotalSeconds)), "--seed", Text(seed + deaths),
                "--output", output);
            string[] figures = [];
            while (process.StandardOutput.ReadLine() is { } line)
            {
                figures = line.Split(' ') is { Length: 5 } five ? five : figures;
            }
            process.WaitForExit();
            if (figures.Length == 5)
            {
                cases += long.Parse(figures[0], CultureInfo.InvariantCulture);
                read += long.Parse(figures[1], CultureInfo.InvariantCulture);
                faults += long.Parse(figures[2], CultureInfo.InvariantCulture);
                last = (figures[3], figures[4]);
            }
            if (process.ExitCode != 0)
            {
                deaths++;
                Console.Error.WriteLine($"{target.Name}: the process ended with {process.ExitCode}.");
            }
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name}: {cases} cases in {Stopwatch.GetElapsedTime(started).TotalMinutes:F1} min, {read} read, {last.Pool} kept, ")
            + $"{last.Branches} branches; {faults} faults, {deaths} deaths");
        return faults == 0 && deaths == 0;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private Process Start(params string[] arguments)
    {
        string host = Environment.ProcessPath!;
        var start = new ProcessStartInfo { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.FileName = host;
            start.ArgumentList.Add(Path.Combine(assemblies, "AarenGen.Fuzzing.dll"));
        }
        else
        {
            start.FileName = Path.Combine(assemblies, Path.GetFileName(host));
        }
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }
}
