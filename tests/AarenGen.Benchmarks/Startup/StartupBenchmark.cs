using System.Diagnostics;
using System.Globalization;
using AarenGen.Onnx;

namespace AarenGen.Benchmarks;

/// <summary>
/// Two programs published ahead of time that print the first output of the small model: ours with the model compiled in, and one that
/// loads the same model's step graph into ONNX Runtime.
/// </summary>
internal sealed class StartupBenchmark : IBenchmark
{
    private const string OwnProgram = """
        using AarenGen;

        StreamState<Small> state = Small.Trained.CreateState();
        Span<float> output = stackalloc float[Small.OutputWidth];
        Small.Trained.Step(state, [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f], output);
        Startup.Report(output[0]);

        [SequenceModel]
        [Weights("small.safetensors")]
        [Continuous(7)]
        [Dense(64)]
        [Aaren(Heads = 4, FeedForward = 256, Repeat = 2)]
        [Dense(7)]
        [MeanSquaredError]
        internal sealed partial class Small;
        """;

    private const string PeerProgram = """
        using Microsoft.ML.OnnxRuntime;

        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(Path.Combine(AppContext.BaseDirectory, "small.onnx"), options);
        var inputs = session.InputMetadata.ToDictionary(static i => i.Key, static i =>
        {
            // One stream, whose states are zero.
            long[] shape = [1, .. i.Value.Dimensions.Skip(1).Select(static d => (long)d)];
            OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, i.Value.ElementDataType, shape);
            value.GetTensorMutableRawData().Clear();
            if (i.Key == "token")
            {
                float[] token = [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f];
                token.CopyTo(value.GetTensorMutableDataAsSpan<float>());
            }
            return value;
        });
        using var run = new RunOptions();
        using var outputs = session.Run(run, inputs, ["output"]);
        Startup.Report(outputs[0].GetTensorDataAsSpan<float>()[0]);
        """;

    /// <summary>Both programs print the output and the peak memory of the process, in kilobytes.</summary>
    private const string Report = """
        internal static class Startup
        {
            public static void Report(float output)
            {
                string peak = File.Exists("/proc/self/status")
                    ? File.ReadLines("/proc/self/status").First(static l => l.StartsWith("VmHWM")).Split(':')[1].Replace("kB", "").Trim()
                    : "0";
                Console.WriteLine(FormattableString.Invariant($"{output} {peak}"));
            }
        }
        """;

    public string Name => "startup";

    public string Description => "Size, time to the first output and memory of a program published ahead of time, beside ONNX Runtime";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        string[] columns = ["", "MB shipped", "ms to the first output", "± %", "peak memory, MB"];
        string folder = Directory.CreateTempSubdirectory("aarengen-startup").FullName;
        try
        {
            SmallModel model = SmallModel.Create(1);
            string own = Prepare(folder, "own", OwnProgram, $"""
                <ItemGroup>
                  <Reference Include="{typeof(SequenceModelAttribute).Assembly.Location}" />
                  <Analyzer Include="{typeof(AarenGen.Generator.ModelGenerator).Assembly.Location}" />
                  <EmbeddedResource Include="small.safetensors" />
                </ItemGroup>
                """);
            model.SaveCompiled(Path.Combine(own, "small.safetensors"));
            string version = typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName().Version!.ToString(3);
            string peer = Prepare(folder, "peer", PeerProgram, $"""
                <ItemGroup>
                  <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="{version}" />
                  <None Include="small.onnx" CopyToOutputDirectory="Always" />
                </ItemGroup>
                """);
            model.ExportOnnx(Path.Combine(peer, "small.onnx"), OnnxGraph.Step);
            string? failure = null;
            Measured[] results = [];
            try
            {
                results = Measure(
                    [("AarenGen, NativeAOT", own), ("ONNX Runtime, NativeAOT", peer)], thoroughness.IsShort ? 3 : 21, cancellation);
            }
            catch (InvalidOperationException e)
            {
                failure = e.Message;
            }
            yield return new(
                "startup", "From the start of the process to the first output, the small model", columns,
                [.. results.Select(static r => (string[])[r.Name, Number(r.Bytes / 1e6, 1), Number(Statistics.Median(r.Milliseconds), 1),
                    Number(100 * new Timing("", r.Milliseconds, 0).Spread, 0), Number(Statistics.Median(r.PeakKilobytes) / 1e3, 1)])],
                results)
            {
                Notes = failure is null
                    ? ["Measured from outside: from starting the process to its end, right after it printed the first output. "
                        + "AarenGen's weights are part of the program file and are used there."]
                    : ["Not measured: publishing failed (NativeAOT needs a C linker and zlib1g-dev). " + failure.Split('\n')[0]],
            };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Prepare(string folder, string name, string program, string items)
    {
        string project = Path.Combine(folder, name);
        Directory.CreateDirectory(project);
        File.WriteAllText(Path.Combine(project, "Program.cs"), program);
        File.WriteAllText(Path.Combine(project, "Startup.cs"), Report);
        File.WriteAllText(Path.Combine(project, "Startup.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <PublishAot>true</PublishAot>
                <InvariantGlobalization>true</InvariantGlobalization>
                <StripSymbols>true</StripSymbols>
                <IlcInstructionSet>native</IlcInstructionSet>
              </PropertyGroup>
              {items}
            </Project>
            """);
        return project;
    }

    /// <summary>Publishes all, then runs them by turns.</summary>
    private static Measured[] Measure((string Name, string Project)[] programs, int rounds, CancellationToken cancellation)
    {
        foreach ((_, string project) in programs)
        {
            cancellation.ThrowIfCancellationRequested();
            Start("dotnet", "publish -c Release --use-current-runtime -o published", project);
        }
        Measured[] results = [.. programs.Select(static p => new Measured(p.Name, Shipped(Path.Combine(p.Project, "published")), [], []))];
        for (int round = -1; round < rounds; round++)
        {
            for (int i = 0; i < programs.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                long started = Stopwatch.GetTimestamp();
                string[] words = Start(
                    Path.Combine(programs[i].Project, "published", "Startup"), "", programs[i].Project).Trim().Split(' ');
                double whole = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                // The first round brings the files into memory.
                if (round >= 0)
                {
                    results[i].Milliseconds.Add(whole);
                    results[i].PeakKilobytes.Add(double.Parse(words[1], CultureInfo.InvariantCulture));
                }
            }
        }
        return results;
    }

    /// <summary>What a user gets: without symbols.</summary>
    private static long Shipped(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static f => Path.GetExtension(f) is not (".dbg" or ".pdb"))
            .Sum(static f => new FileInfo(f).Length);

    private static string Start(string program, string arguments, string folder)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(
            $"{program} {arguments} ended with {process.ExitCode}: {output}");
    }

    private static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);

    private sealed record Measured(string Name, long Bytes, List<double> Milliseconds, List<double> PeakKilobytes);
}
