using System.Text.Json.Nodes;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>What files tell without the class of their model.</summary>
public sealed class ModelFileInfoTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-info").FullName;
    private readonly GoldenOdd model = GoldenOdd.Create(1);

    private string Path => System.IO.Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Of_weights()
    {
        model.Metadata = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" };
        model.Save(Path);
        ModelFileInfo info = ModelFileInfo.Read(Path);
        Assert.Equal(ModelFileKind.Weights, info.Kind);
        Assert.Equal(GoldenOdd.Description.Fingerprint, info.DeclarationFingerprint);
        Assert.Equal(model.WeightFingerprint, info.WeightFingerprint);
        Assert.Equal(["a", "b"], info.Metadata.Keys);
        Assert.True(info.HasRightChecksum);
        Assert.Null(info.Precision);
        Assert.Null(info.FittedUntil);
        Assert.Empty(info.States);
        Assert.Equal(
            GoldenOdd.Description.Parameters.Select(static p => $"{p.Name} F32 {string.Join(' ', p.Shape)} {4 * p.Rows * p.Columns}"),
            info.Tensors.Select(static t => $"{t.Name} {t.Type} {string.Join(' ', t.Shape)} {t.Bytes}"));
        Same(info, ModelFileInfo.Read(new ForwardOnly(File.OpenRead(Path))));
    }

    [Theory]
    [InlineData(WeightPrecision.Float32)]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void Of_a_compiled_model(WeightPrecision precision)
    {
        model.UsePrecision(precision);
        model.SaveCompiled(Path);
        ModelFileInfo info = ModelFileInfo.Read(Path);
        Assert.Equal((ModelFileKind.CompiledModel, precision), (info.Kind, info.Precision));
        Assert.Equal(
            (GoldenOdd.Description.Fingerprint, model.WeightFingerprint), (info.DeclarationFingerprint, info.WeightFingerprint));
        Assert.Equal(["compiled.weights", "compiled.packed"], info.Tensors.Select(static t => t.Name));
        Assert.Null(info.HasRightChecksum);
        Same(info, ModelFileInfo.Read(new ForwardOnly(File.OpenRead(Path))));
    }

    [Fact]
    public void Of_a_checkpoint()
    {
        var data = new SequenceList(1, 1);
        data.Add(new float[5], new float[5]);
        model.Metadata = new Dictionary<string, string> { ["step"] = "the user's" };
        model.Fit(data, options: new() { Epochs = 2, CheckpointPath = Path });
        ModelFileInfo info = ModelFileInfo.Read(Path);
        Assert.Equal(ModelFileKind.Checkpoint, info.Kind);
        Assert.Equal((GoldenOdd.Description.Fingerprint, true), (info.DeclarationFingerprint, info.HasRightChecksum));
        Assert.Null(info.WeightFingerprint);
        Assert.Equal("2", info.Metadata["step"]);
        Assert.Equal(4 * GoldenOdd.Description.Parameters.Count, info.Tensors.Count);
        Assert.Contains("moment1/", info.Tensors[GoldenOdd.Description.Parameters.Count].Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_states_of_streams()
    {
        StreamState<GoldenOdd> state = model.CreateState();
        state.Save(Path);
        ModelFileInfo info = ModelFileInfo.Read(Path);
        Assert.Equal((ModelFileKind.StreamStates, GoldenOdd.Description.Fingerprint), (info.Kind, info.DeclarationFingerprint));
        Assert.Equal(new SavedStateInfo(0, null, null, new FileInfo(Path).Length), Assert.Single(info.States));
        TensorInfo tensor = Assert.Single(info.Tensors);
        Assert.Equal(("state", "F64", GoldenOdd.Description.StateBytes), (tensor.Name, tensor.Type, tensor.Bytes));
        Assert.Equal([GoldenOdd.Description.StateBytes / 8], tensor.Shape);
        Assert.Empty(info.Metadata);

        StateRelay<GoldenOdd> relay = model.CreateRelay(8);
        model.Forward(relay, new float[6], new float[6]);
        relay.Save(Path);
        info = ModelFileInfo.Read(new ForwardOnly(File.OpenRead(Path)));
        Assert.Equal([6, 2], info.States.Select(static s => s.TokenCount));
        Assert.All(info.States, s => Assert.Equal(model.WeightFingerprint, s.WeightFingerprint));

        SeriesByMean ofSeries = SeriesByMean.Create(1);
        ofSeries.CreateState("größe").Save(Path);
        Assert.Equal("größe", Assert.Single(ModelFileInfo.Read(Path).States).Series);
    }

    [Fact]
    public void Of_states_of_series()
    {
        PulseForecaster pulses = PulseForecaster.Create(1);
        SeriesStateCollection<PulseForecaster> states = pulses.CreateSeriesStates();
        states.Save(Path);
        ModelFileInfo info = ModelFileInfo.Read(Path);
        Assert.Equal((ModelFileKind.SeriesStateCollection, 0, 0), (info.Kind, info.States.Count, info.Tensors.Count));
        Assert.Equal(PulseForecaster.Description.Fingerprint, info.DeclarationFingerprint);

        var begin = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (int i = 0; i < 5; i++)
        {
            pulses.Step(states["7"], new Pulse(7, begin.AddMinutes(15 * i), i));
        }
        pulses.Step(states["8"], new Pulse(8, begin, 1));
        states.Save(Path);
        info = ModelFileInfo.Read(Path);
        Same(info, ModelFileInfo.Read(new ForwardOnly(File.OpenRead(Path))));
        Assert.Equal(ModelFileKind.SeriesStateCollection, info.Kind);
        Assert.Equal(
            [("7", 4, pulses.WeightFingerprint), ("8", 0, null)],
            info.States.Select(static s => (s.Series!, s.TokenCount, s.WeightFingerprint)).Order());
        Assert.Equal(["state", "records"], info.Tensors.Select(static t => t.Name));

        states["7"].Save(Path);
        long one = new FileInfo(Path).Length;
        info = ModelFileInfo.Read(Path);
        Assert.Equal((ModelFileKind.SeriesStates, one), (info.Kind, Assert.Single(info.States).Bytes));
        byte[] twice = [.. File.ReadAllBytes(Path), .. SafetensorsFile.Written(states["8"].Save)];
        Assert.Equal(["7", "8"], ModelFileInfo.Read(new MemoryStream(twice)).States.Select(static s => s.Series));
    }

    [Fact]
    public void Of_a_file_of_another_program()
    {
        byte[] file = SafetensorsFile.With(
            SafetensorsFile.Written(model.Save), static n => "module." + n, new JsonObject { ["format"] = "pt", ["by"] = "hand" });
        ModelFileInfo info = ModelFileInfo.Read(new MemoryStream(file));
        Assert.Equal(ModelFileKind.Weights, info.Kind);
        Assert.Equal((null, null, null), (info.DeclarationFingerprint, info.WeightFingerprint, info.HasRightChecksum));
        Assert.Equal(["by"], info.Metadata.Keys);
        Assert.All(info.Tensors, static t => Assert.StartsWith("module.", t.Name, StringComparison.Ordinal));
        Assert.Empty(ModelFileInfo.Read(new MemoryStream([.. BitConverter.GetBytes(2L), .. "{}"u8])).Tensors);
    }

    [Fact]
    public void Damage_is_told()
    {
        StateRelay<GoldenOdd> relay = model.CreateRelay(8);
        model.Forward(relay, new float[6], new float[6]);
        PulseForecaster pulses = PulseForecaster.Create(1);
        SeriesStateCollection<PulseForecaster> states = pulses.CreateSeriesStates();
        pulses.Step(states["7"], new Pulse(7, new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), 1));
        byte[] two = SafetensorsFile.Written(relay.Save), series = SafetensorsFile.Written(states["7"].Save);
        foreach (byte[] file in (byte[][])[two, series, SafetensorsFile.Written(states.Save)])
        {
            for (int at = 0; at < file.Length; at++)
            {
                byte[] changed = [.. file];
                changed[at] ^= 4;
                Refuses(changed);
                if (at != two.Length / 2 || file != two)
                {
                    Refuses(file[..at]);
                }
            }
            Refuses([.. file, 0]);
            Refuses([.. file, .. "AARENST"u8]);
        }
        // States of two declarations, and of two kinds.
        Refuses([.. two, .. SafetensorsFile.Written(Tiny.Create(1).CreateState().Save)]);
        Refuses([.. two, .. series]);

        byte[] weights = SafetensorsFile.Written(model.Save);
        for (int at = 0; at < weights.Length; at++)
        {
            Refuses(weights[..at]);
            Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(new ForwardOnly(new MemoryStream(weights[..at]))));
        }
        Refuses([.. weights, 0]);
        Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(new ForwardOnly(new MemoryStream([.. weights, 0]))));
        weights[^1] ^= 1;
        Assert.False(ModelFileInfo.Read(new MemoryStream(weights)).HasRightChecksum);

        static void Refuses(byte[] bytes)
        {
            ModelFileException e = Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(new MemoryStream(bytes)));
            Assert.True(e.Message.Length < 600, e.Message);
        }
    }

    [Fact]
    public void Other_formats_are_named()
    {
        foreach ((byte[] bytes, string expected) in ((byte[], string)[])[
            ([], "an empty file"), ([0x80, 2, .. "cparser of a pickle"u8], "a Python pickle"), ([.. "<!DOCTYPE html>"u8], "a text")])
        {
            File.WriteAllBytes(Path, bytes);
            string message = Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(Path)).Message;
            Assert.StartsWith(Path, message, StringComparison.Ordinal);
            Assert.Contains(expected, message, StringComparison.Ordinal);
        }
        Assert.ThrowsAny<IOException>(() => ModelFileInfo.Read(Path + ".missing"));
        Assert.Throws<ArgumentException>(static () => ModelFileInfo.Read(""));
        Assert.Throws<ArgumentNullException>(static () => ModelFileInfo.Read((Stream)null!));
        byte[] state = SafetensorsFile.Written(model.CreateState().Save);
        state[7] = (byte)'2';
        Assert.Contains(
            "another version", Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(new MemoryStream(state))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_state_claims_takes_no_memory()
    {
        byte[] state = SafetensorsFile.Written(model.CreateState().Save);
        // Behind magic, version, two fingerprints and the number of tokens.
        BitConverter.TryWriteBytes(state.AsSpan(8 + 64 + 8 + 8), (long)int.MaxValue);
        ModelFileInfo.Read(new MemoryStream(SafetensorsFile.Written(model.CreateState().Save)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ModelFileException>(() => ModelFileInfo.Read(new MemoryStream(state)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    private static void Same(ModelFileInfo expected, ModelFileInfo actual)
    {
        Assert.Equal(Text(expected), Text(actual));

        static string Text(ModelFileInfo info) => string.Join('\n', [
            $"{info.Kind} {info.DeclarationFingerprint} {info.WeightFingerprint} {info.Precision} {info.HasRightChecksum}",
            .. info.Tensors.Select(static t => $"{t.Name} {t.Type} {string.Join(' ', t.Shape)} {t.Bytes}"),
            .. info.Metadata.Select(static m => $"{m.Key}={m.Value}"), .. info.States.Select(static s => s.ToString())]);
    }
}
