using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AarenGen.Benchmarks;

/// <summary>PyTorch on the same device, if python3 has it: a script in a separate process.</summary>
/// <param name="Steps">What it measured.</param>
/// <param name="Notes">Its version, or why it is not there, and what was left out.</param>
internal sealed record TorchOnDevice(IReadOnlyList<DeviceStep> Steps, IReadOnlyList<string> Notes)
{
    private const string Script = "torch_peer.py";

    /// <summary>Runs the script. It starts no case after the given time; a case that still runs is ended half a minute later.</summary>
    public static TorchOnDevice Measure(TimeSpan time, bool isShort)
    {
        string path = Path.Combine(Path.GetTempPath(), $"aarengen-{Environment.ProcessId}-{Script}");
        try
        {
            using (Stream script = typeof(TorchOnDevice).Assembly.GetManifestResourceStream(Script)!)
            using (FileStream file = File.Create(path))
            {
                script.CopyTo(file);
            }
            return Run(path, time, isShort);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TorchOnDevice Run(string path, TimeSpan time, bool isShort)
    {
        var start = new ProcessStartInfo(
            "python3", [path, time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                isShort ? "short" : "whole"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var steps = new List<DeviceStep>();
        var notes = new List<string>();
        try
        {
            using Process process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Read(line.Data, steps, notes);
            // Compilers warn there; an early end is reported below.
            string last = "";
            process.ErrorDataReceived += (_, line) => last = line.Data is { Length: > 0 } text ? text : last;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(time + TimeSpan.FromSeconds(30)))
            {
                process.WaitForExit();
            }
            else
            {
                process.Kill(entireProcessTree: true);
                notes.Add("PyTorch was ended: it took longer than it was given.");
            }
            if (process.HasExited && process.ExitCode != 0)
            {
                notes.Add($"PyTorch's script ended with {process.ExitCode}: {last}");
            }
        }
        catch (Win32Exception e)
        {
            notes.Add($"PyTorch was left out: python3 does not start ({e.Message}).");
        }
        return new(steps, notes);
    }

    private static void Read(string? line, List<DeviceStep> steps, List<string> notes)
    {
        if (line is null || !line.StartsWith('{'))
        {
            return;
        }
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement row = document.RootElement;
        if (row.TryGetProperty("missing", out JsonElement missing))
        {
            notes.Add($"PyTorch was left out: {missing.GetString()}.");
        }
        else if (row.TryGetProperty("torch", out JsonElement version))
        {
            notes.Add($"PyTorch {version.GetString()} with CUDA {row.GetProperty("cuda").GetString()} on "
                + $"{row.GetProperty("device").GetString()}.");
        }
        else if (row.TryGetProperty("left_out", out JsonElement count))
        {
            if (count.GetInt32() > 0)
            {
                notes.Add($"{count.GetInt32()} of PyTorch's cases were left out: its time was over.");
            }
        }
        else if (row.TryGetProperty("failed", out JsonElement failed))
        {
            notes.Add($"{Text("name")}, {Text("model")}, {Text("products")} failed: {failed.GetString()}");
        }
        else
        {
            steps.Add(new(
                Text("model"),
                new(row.GetProperty("sequences").GetInt32(), row.GetProperty("length").GetInt32(), row.GetProperty("uneven").GetBoolean()),
                Text("name"), Text("products"),
                row.GetProperty("milliseconds").GetDouble(), row.GetProperty("spread").GetDouble(), null));
        }

        string Text(string property) => row.GetProperty(property).GetString()!;
    }
}
