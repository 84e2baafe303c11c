using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using AarenGen.Onnx.Tests;
using Xunit.Abstractions;

namespace AarenGen.Tool.Tests;

/// <summary>From a table to a built and trained project, against packages, and to its streams.</summary>
[Collection(ProgramRun.Collection)]
public sealed class EndToEndTests(ITestOutputHelper log) : TemporaryFolder
{
    private static readonly string[] Packages = ["AarenGen", "AarenGen.Data", "AarenGen.Onnx", "AarenGen.Reports"];
    private static readonly string ToolPath = typeof(UserException).Assembly.Location;

    /// <summary>Above that of the sources, because packages depend on AarenGen from that one on.</summary>
    private readonly string version = $"1000.0.1-tool{DateTime.UtcNow.Ticks}";

    [Fact]
    public void A_table_becomes_a_program_whose_streams_survive_being_killed()
    {
        try
        {
            Run();
        }
        finally
        {
            string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            foreach (string cached in Packages.Select(p => Path.Combine(cache, p.ToLowerInvariant(), version)).Where(Directory.Exists))
            {
                Directory.Delete(cached, recursive: true);
            }
        }
    }

    private void Run()
    {
        string configuration = typeof(EndToEndTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        Directory.CreateDirectory(At("packages"));
        foreach (string package in Packages)
        {
            Call("dotnet", "", "pack", Path.Combine(Repository.Root, "src", package), "--no-build", "-c", configuration,
                "-p:MinVerSkip=true", $"-p:Version={version}", "-o", At("packages"));
        }
        // Headers of all kinds: what they become must compile, and find its columns again.
        string header = "Meter id,time,Load (kW),load_kw,class,2nd,Wetter Süd,\"site, area\",plan,note";
        string[] rows = [.. Enumerable.Range(0, 2 * 400).Select(Row)];
        string table = Write("my table.csv", $"{header}\n{string.Join('\n', rows[..700])}\n");
        var clock = Stopwatch.StartNew();
        (string json, string progress) = Tool(
            "", "train", table, "--target", "Load (kW)", "--horizon", "6", "--known", "plan", "--epochs", "2",
            "--decimal-mark", "point", "--missing", "-999", "--source", At("packages"), "--package-version", version,
            "--output", At("project") + Path.DirectorySeparatorChar, "--json");
        log.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s\n{json}\n{progress}");
        using (JsonDocument report = JsonDocument.Parse(json))
        {
            Assert.Equal("1h", report.RootElement.GetProperty("every").GetString());
            Assert.Equal(
                "key time target observed observed observed category category known ahead ignored",
                string.Join(' ', report.RootElement.GetProperty("columns").EnumerateArray()
                    .Select(static c => c.GetProperty("role").GetString())));
        }
        Assert.True(File.Exists(At("project/backtest.html")));
        Assert.True(File.Exists(At("project/Project.csproj")), "the project has the folder's name");

        string backtest = Tool("", "backtest", At("project"), table, "--json").Output;
        Assert.Equal("LoadKWForecaster", BacktestReport.FromJson(backtest).Model);
        Assert.Contains(
            "\"stepsPerSecond\"", Tool("", "bench", At("project"), "--steps", "200", "--json").Output, StringComparison.Ordinal);

        string inspected = Tool("", "inspect", At("project/model.safetensors")).Output;
        Assert.Contains("model.safetensors: weights", inspected, StringComparison.Ordinal);
        Assert.Contains("checksum: right", inspected, StringComparison.Ordinal);
        // The last tenth was left for the backtest.
        Assert.Contains("fitted until: 2025-01-", inspected, StringComparison.Ordinal);
        Tool("", "convert", At("project/model.safetensors"), "--output", At("half"), "--type", "bfloat16");
        Tool("", "convert", At("project"), "--output", At("compiled"), "--compiled", "--precision", "int8");
        Assert.Contains("compiled model", Tool("", "inspect", At("compiled")).Output, StringComparison.Ordinal);

        Export();
        Streams(header, rows);
        Plans(header);
        // Rounded weights load, too.
        File.Copy(At("half"), At("project/model.safetensors"), overwrite: true);
        Tool("", "bench", At("project"), "--steps", "10");
        // A source in a subfolder is built, too.
        Directory.CreateDirectory(At("project/More"));
        Write("project/More/Wrong.cs", "this does not compile");
        Assert.Contains(
            "the project does not build", Process(ToolPath, "", "bench", At("project"), "--steps", "10").Error, StringComparison.Ordinal);
    }

    /// <summary>Both graphs run in ONNX Runtime, belong to the model, have its weights, and tell the same of the same tokens.</summary>
    private void Export()
    {
        string project = At("project/Project.csproj"), step = At("step.onnx"), sequence = At("sequence.onnx");
        Assert.Matches(
            @"step\.onnx: the step graph of LoadKWForecaster, [\d,]+ bytes", Tool("", "export", project, "--output", step).Output);
        string json = Tool("", "export", At("project"), "--output", sequence, "--graph", "sequence", "--json").Output;
        using (JsonDocument report = JsonDocument.Parse(json))
        {
            Assert.Equal(
                ("LoadKWForecaster", "sequence", sequence, new FileInfo(sequence).Length),
                (report.RootElement.GetProperty("model").GetString(), report.RootElement.GetProperty("graph").GetString(),
                    report.RootElement.GetProperty("file").GetString(), report.RootElement.GetProperty("bytes").GetInt64()));
        }
        (int code, _, string error) = Process(ToolPath, "", "export", project, "--output", step);
        Assert.Equal((1, $"error: {step} is there; name another file by --output, or replace it by --force."), (code, error.Trim()));
        byte[] before = File.ReadAllBytes(step);
        Tool("", "export", project, "--output", step, "--force", "--graph", "step");
        Assert.Equal(before, File.ReadAllBytes(step));

        using OnnxSession steps = new(before), sequences = new(File.ReadAllBytes(sequence));
        ModelFileInfo weights = ModelFileInfo.Read(At("project/model.safetensors"));
        foreach ((OnnxSession session, string graph) in ((OnnxSession, string)[])[(steps, "step"), (sequences, "sequence")])
        {
            Assert.Equal(
                (weights.DeclarationFingerprint, graph, "LoadKWForecaster"),
                (session.Metadata.CustomMetadataMap["aarengen.fingerprint"], session.Metadata.CustomMetadataMap["aarengen.graph"],
                    session.Metadata.CustomMetadataMap["aarengen.model"]));
        }

        // Zeros and ones are categories, too. Two streams: of no series, and of the first one.
        const int Streams = 2, Tokens = 50;
        int width = steps.Inputs["token"].Dimensions[^1];
        var random = new Random(1);
        float[] tokens = [.. Enumerable.Range(0, Streams * Tokens * width).Select(_ => (float)random.Next(2))];
        var series = OnnxTensor.Of([0L, 1], Streams);
        OnnxTensor whole = sequences.Run(new Dictionary<string, OnnxTensor>
        {
            ["tokens"] = OnnxTensor.Of(tokens, Streams, Tokens, width), ["series"] = series,
        })["output"];
        int outputs = (int)whole.Shape[^1];
        // Quantiles of 6 hours.
        Assert.Equal([Streams, Tokens, 18], whole.Shape);
        Assert.All(whole.Floats, static v => Assert.True(float.IsFinite(v)));
        float largest = whole.Floats.Max(MathF.Abs);
        // A trained model forecasts loads, which were between 5 and 15, in their unit.
        Assert.InRange(largest, 3, 100);
        Dictionary<string, OnnxTensor> states = steps.NewStates(Streams);
        for (int token = 0; token < Tokens; token++)
        {
            float[] current = [.. Enumerable.Range(0, Streams).SelectMany(s => tokens.Skip((s * Tokens + token) * width).Take(width))];
            Dictionary<string, OnnxTensor> results = steps.Run(
                states.Append(new("token", OnnxTensor.Of(current, Streams, width))).Append(new("series", series)));
            states = OnnxSession.StatesOf(results);
            for (int i = 0; i < Streams * outputs; i++)
            {
                float expected = whole.Floats[((i / outputs * Tokens) + token) * outputs + i % outputs];
                // Some hundred operations of float32 after another.
                Assert.InRange(results["output"].Floats[i] - expected, -1e-5f * largest, 1e-5f * largest);
            }
        }
    }

    private void Streams(string header, string[] rows)
    {
        string[] whole = Lines(Tool(string.Join('\n', [header, .. rows]), "stream", At("project")).Output);
        // Every third row of a series only tells the plan.
        Assert.Equal(rows.Count(static r => r.Split(',')[2] is not ("" or "-999")), whole.Length);

        // The same rows as JSON give the same forecasts.
        string[] names = ["Meter id", "time", "Load (kW)", "load_kw", "class", "2nd", "Wetter Süd", "site, area", "plan", "note"];
        string[] objects =
        [
            .. rows.Take(200).Select(r => JsonSerializer.Serialize(
                r.Replace("\"a, b\"", "a; b", StringComparison.Ordinal).Split(',').Select(static c => c.Replace(';', ',')).Zip(names)
                    .ToDictionary(static p => p.Second, static p => p.First is { Length: 0 } ? null : p.First))),
        ];
        Assert.Equal(
            Lines(Tool(string.Join('\n', [header, .. rows.Take(200)]), "stream", At("project")).Output),
            Lines(Tool(string.Join('\n', objects), "stream", At("project")).Output));

        // Killed again and again: the sender goes on after the last state that it was told.
        var seen = new SortedDictionary<long, string>();
        long told = 0;
        int kills = 0;
        for (int lines = 70; ; lines += 35)
        {
            using Process process = Start(At("project"), "--state", At("state"), "--state-every", "50");
            // Which row is the next one is told first.
            told = RowsIn(process.StandardError.ReadLine()!);
            Task<string> errors = process.StandardError.ReadToEndAsync();
            int killAt = lines;
            Task reading = Task.Run(() =>
            {
                while (process.StandardOutput.ReadLine() is { } line)
                {
                    long row = RowOf(line);
                    Assert.True(!seen.TryGetValue(row, out string? before) || before == line, "a forecast that is repeated is the same");
                    seen[row] = line;
                    if (--killAt == 0)
                    {
                        process.Kill();
                    }
                }
            });
            try
            {
                process.StandardInput.WriteLine(header);
                foreach (string row in rows.Skip((int)told))
                {
                    process.StandardInput.WriteLine(row);
                }
                process.StandardInput.Close();
            }
            catch (IOException)
            {
            }
            reading.Wait();
            process.WaitForExit();
            log.WriteLine($"{process.ExitCode} after {lines} lines from row {told}: {errors.Result.ReplaceLineEndings(" ")}");
            if (process.ExitCode == 0)
            {
                break;
            }
            kills++;
            Assert.InRange(kills, 1, 50);
        }
        log.WriteLine($"killed {kills} times");
        Assert.InRange(kills, 2, 50);
        Assert.Equal(whole, seen.Values);

        using (JsonDocument inspected = JsonDocument.Parse(Tool("", "inspect", At("state"), "--json").Output))
        {
            JsonElement report = inspected.RootElement;
            Assert.Equal(
                ("collection of states of series", rows.Length, true),
                (report.GetProperty("kind").GetString(), report.GetProperty("rows").GetInt32(),
                    report.GetProperty("hasRightChecksum").GetBoolean()));
            // A record of each hour is a token.
            Assert.Equal(
                ["north 400", "south 400"], report.GetProperty("states").EnumerateArray()
                    .Select(static s => $"{s.GetProperty("series").GetString()} {s.GetProperty("tokenCount").GetInt64()}").Order());
        }
        byte[] damaged = File.ReadAllBytes(At("state"));
        damaged[^100] ^= 1;
        Assert.Contains(
            "the saved state is damaged", Process(ToolPath, "", "inspect", WriteBytes("damaged", damaged)).Error,
            StringComparison.OrdinalIgnoreCase);
        // The whole input again.
        (string replayed, _) = Tool(string.Join('\n', [header, .. rows]), "stream", At("project"), "--state", At("state"), "--replay");
        Assert.Equal("", replayed);

        // A wrong row ends the stream, or is passed over.
        string wrong = string.Join('\n', [header, rows[0], rows[1].Replace("2025-01-01", "yesterday", StringComparison.Ordinal), rows[2]]);
        (int code, string output, string error) = Process(ToolPath, wrong, "stream", At("project"));
        Assert.Equal((1, 1), (code, Lines(output).Length));
        Assert.Contains("line 3, column 'time': 'yesterday", error, StringComparison.Ordinal);
        Assert.Equal(2, Lines(Tool(wrong, "stream", At("project"), "--skip-errors").Output).Length);
    }

    /// <summary>Rows known ahead that come twice, wrong, or too late, on the hour and within it.</summary>
    private void Plans(string header)
    {
        foreach (string minute in (string[])["00", "05"])
        {
            string[] plan =
            [
                Row(13, "1.5", "1"), Row(20, "", "1"), Row(18, "", "0"),
                // A newer one of the same hour, and one that comes after the row that it was for.
                Row(20, "", "2"), Row(13, "", "2"),
                Row(14, "1.5", "1"), Row(15, "", "0"), Row(15, "", ""), Row(14, "", "0"), Row(16, "1.5", "1"), Row(17, "1.5", "2"),
            ];
            string[] found = Lines(Tool(string.Join('\n', [header, .. plan]), "stream", At("project")).Output);
            Assert.Equal([1L, 6, 10, 11], found.Select(RowOf));
            // The same, had each been told once and in time.
            string[] once =
            [
                Row(13, "1.5", "1"), Row(18, "", "0"), Row(20, "", "2"), Row(14, "1.5", "1"), Row(15, "", "0"), Row(16, "1.5", "1"),
                Row(17, "1.5", "2"),
            ];
            Assert.Equal(
                found.Select(WithoutRow),
                Lines(Tool(string.Join('\n', [header, .. once]), "stream", At("project")).Output).Select(WithoutRow));

            string Row(int hour, string load, string told) =>
                string.Create(CultureInfo.InvariantCulture, $"north,2025-02-01T{hour}:{minute}:00Z,{load},1,2,3,class,c,{told},note");
        }

        // A wrong one is told with its own row, and leaves those after it alone.
        const string Begin = "north,2025-02-01T13:00Z,1.5,1,2,3,class,c,1,note", Wrong = "north,2025-02-01T16:00Z,,1,2,3,class,c,1e20,note";
        (int code, string output, string error) = Process(
            ToolPath, string.Join('\n', header, Begin, Wrong, Begin.Replace("T13", "T14", StringComparison.Ordinal)),
            "stream", At("project"), "--skip-errors");
        Assert.Equal((0, 2), (code, Lines(output).Length));
        Assert.Contains("makes Plan 1.0000000", error, StringComparison.Ordinal);

        static string WithoutRow(string line) => line[line.IndexOf(',', StringComparison.Ordinal)..];
    }

    private static long RowsIn(string line) => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);

    private static long RowOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("row").GetInt64();

    /// <summary>Two series; a third of the rows come before their time, and only tell the plan.</summary>
    private static string Row(int i)
    {
        (int hour, string meter) = (i / 2, i % 2 == 0 ? "north" : "south");
        bool isPlan = hour % 3 == 1 && hour > 348;
        DateTime time = new DateTime(2025, 1, 1).AddHours(hour + (isPlan ? 1 : hour % 3 == 2 && hour > 348 ? -1 : 0));
        string load = isPlan ? i % 4 < 2 ? "" : "-999"
            : (10 + 5 * Math.Sin(hour * Math.Tau / 24)).ToString("F3", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture, $"{meter},{time:s}Z,{load},{hour % 5},{hour % 7},{hour % 11},")
            + string.Create(CultureInfo.InvariantCulture, $"{(hour % 4 == 0 ? "class" : "sonnig")},")
            + string.Create(CultureInfo.InvariantCulture, $"{(hour % 2 == 0 ? "\"a, b\"" : "c")},{hour % 3},note {i}");
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static (string Output, string Error) Tool(string input, params string[] arguments) => Call(ToolPath, input, arguments);

    private static (string Output, string Error) Call(string program, string input, params string[] arguments)
    {
        (int code, string output, string error) = Process(program, input, arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)} ended with {code}:\n{output}\n{error}");
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        return (output, error);
    }

    private static (int Code, string Output, string Error) Process(string program, string input, params string[] arguments)
    {
        using Process process = Start(program, arguments, isTool: program == ToolPath);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
        }
        process.WaitForExit();
        return (process.ExitCode, output.Result, errors.Result);
    }

    private static Process Start(string project, params string[] options) =>
        Start(ToolPath, ["stream", project, .. options], isTool: true);

    private static Process Start(string program, string[] arguments, bool isTool)
    {
        var start = new ProcessStartInfo(isTool ? "dotnet" : program, isTool ? [program, .. arguments] : arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // What the test host and the build of the tests have for themselves must not reach another build.
        string[] own = ["MSBUILD", "VSTEST", "MINVER"];
        foreach (string name in start.Environment.Keys
            .Where(k => own.Any(o => k.StartsWith(o, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(name);
        }
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        return System.Diagnostics.Process.Start(start)!;
    }
}
