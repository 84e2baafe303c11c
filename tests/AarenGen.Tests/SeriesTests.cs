using System.Security.Cryptography;
using System.Text;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>
/// Statistics of series. Those of a series are what a model without series computes of that series alone; with them, a model computes what
/// the same model without [Standardize] computes of numbers that were standardised by hand.
/// </summary>
public sealed class SeriesTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 3, Threads = 2, Seed = 3, LearningRate = 3e-3 };

    /// <summary>The series of each sequence.</summary>
    private static readonly string?[] Keys = ["south", "north", null, "south", "Ωμέγα 7", "north", "Ωμέγα 7", "south"];
    private static readonly int[] Lengths = [23, 9, 31, 40, 14, 17, 26, 11];

    private readonly string folder = Directory.CreateTempSubdirectory("series").FullName;

    private string File => Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Mean_and_deviation_equal_standardising_by_hand() => Compare<SeriesByMean, NotStandardized, Standardized>();

    [Fact]
    public void Median_and_quartiles_equal_standardising_by_hand() =>
        Compare<SeriesByQuartiles, NotStandardizedHeads, StandardizedHeads>();

    [Fact]
    public void Patches_of_channels_equal_standardising_by_hand() => Compare<SeriesInPatches, PatchedChannels, StandardizedPatches>();

    [Fact]
    public void Modalities_equal_standardising_by_hand() => Compare<SeriesInTurn, Decisions, StandardizedDecisions>();

    [Fact]
    public void What_a_series_lacks_comes_from_all_data()
    {
        var data = new SequenceList(3, 2);
        // One has no value in column 0, a constant in column 1, no first target, and a constant second one.
        float nan = float.NaN;
        data.Add([nan, 7, 1, nan, 7, 3, nan, 7, 5], [nan, 40, nan, 40, nan, 40], series: "lacks");
        data.Add([10, 1, 2, 30, 3, 4], [1, 2, 3, 6], series: "has");
        // All of it without a weight: of the tokens alone there are statistics.
        data.Add([100, 10, 20, 300, 30, 40], [9, 9, 9, 9], [0, 0], series: "weighs nothing");
        SeriesWithGaps model = SeriesWithGaps.Create(1);
        model.Fit(data, options: Options);
        StandardizationStatistics all = model.Statistics!, lacks = all.Series["lacks"], weightless = all.Series["weighs nothing"];
        Assert.Equal([all.Tokens[0], new(7, all.Tokens[1].Scale), new(3, Math.Sqrt(8.0 / 3))], lacks.Tokens);
        Assert.Equal([all.Targets[0], new(40, all.Targets[1].Scale)], lacks.Targets);
        Assert.Equal([new(20, 10), new(2, 1), new(3, 1)], all.Series["has"].Tokens);
        Assert.Equal([new(2, 1), new(4, 2)], all.Series["has"].Targets);
        Assert.Equal([new(200, 100), new(20, 10), new(30, 10)], weightless.Tokens);
        Assert.Equal(all.Targets, weightless.Targets);
        Assert.Equal(["has", "lacks", "weighs nothing"], all.Series.Keys);
        // Before the first value, a column that carries forward has the center of its own series.
        StreamState<SeriesWithGaps> missing = model.CreateState("has"), central = model.CreateState("has");
        float[] first = new float[2], second = new float[2];
        model.Step(missing, [nan, nan, nan], first);
        model.Step(central, [20, 2, 3], second);
        Assert.Equal(second, first);
        model.Step(model.CreateState(), [nan, nan, nan], second);
        Assert.NotEqual(second, first);
    }

    [Fact]
    public void A_new_model_knows_no_series_and_a_later_training_adds_none()
    {
        SeriesByMean model = SeriesByMean.Create(1);
        Assert.Empty(model.Statistics!.Series);
        StreamState<SeriesByMean> state = model.CreateState("north");
        Assert.Equal(("north", false), (state.Series, state.HasSeriesStatistics));
        float[] token = [1, 2, 3], before = new float[2], after = new float[2];
        model.Step(state, token, before);
        SequenceList data = Data<SeriesByMean>(1);
        model.Fit(data, options: Options);
        // The state from before knows it as soon as it is used.
        state.Reset();
        model.Step(state, token, before);
        Assert.True(state.HasSeriesStatistics);
        model.Step(model.CreateState("north"), token, after);
        Assert.Equal(after, before);
        StandardizationStatistics first = model.Statistics;
        var later = new SequenceList(3, 2);
        later.Add([1, 2, 3, 4, 5, 6], [1, 2, 3, 4], series: "west");
        model.Fit(later, options: Options);
        Assert.Same(first, model.Statistics);
        Assert.False(model.CreateState("west").HasSeriesStatistics);
        Assert.False(model.CreateState().HasSeriesStatistics);
        Assert.Null(model.CreateState().Series);
    }

    [Fact]
    public void A_file_keeps_the_statistics_of_series()
    {
        SeriesByMean model = Fitted();
        model.Save(File);
        AssertSame(model, SeriesByMean.Load(File));
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        string text = Encoding.UTF8.GetString(bytes);
        Assert.Contains("\"standardize.series.tokens.center\":{\"dtype\":\"F64\",\"shape\":[3,3]", text, StringComparison.Ordinal);
        Assert.Contains("north\0south\0Ωμέγα 7\0", text, StringComparison.Ordinal);
        // A second one behind it, in a stream that cannot seek.
        using var stream = new MemoryStream([.. bytes, .. bytes, 5]);
        using var forward = new ForwardOnly(stream);
        AssertSame(model, SeriesByMean.Load(forward));
        AssertSame(model, SeriesByMean.Load(forward));
        Assert.Equal(5, forward.ReadByte());
        // Neither a new model nor one whose data had no series is anything special.
        SeriesByMean.Create(1).Save(File);
        Assert.False(SeriesByMean.Load(File).Statistics!.IsFitted);
        SeriesByMean plain = SeriesByMean.Create(1);
        plain.Fit(ModelData.Random<SeriesByMean>([5, 6], 1), options: Options);
        plain.Save(File);
        AssertSame(plain, SeriesByMean.Load(File));
    }

    [Theory]
    [InlineData(WeightPrecision.Float32)]
    [InlineData(WeightPrecision.Int8)]
    public unsafe void A_compiled_file_keeps_the_statistics_of_series(WeightPrecision precision)
    {
        SeriesByMean model = Fitted();
        model.UsePrecision(precision);
        model.SaveCompiled(File);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        fixed (byte* memory = bytes)
        {
            using var resource = new UnmanagedMemoryStream(memory, bytes.Length);
            AssertSame(model, SeriesByMean.LoadEmbedded(resource, "file"));
        }
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        SeriesByMean model = Fitted();
        model.Save(File);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        var random = new Random(1);
        int refused = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] changed = (byte[])bytes.Clone();
            changed[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                // A file whose checksum lost its name is one of another writer; what it holds is as it was.
                AssertSame(model, SeriesByMean.Load(new MemoryStream(changed)));
                Assert.DoesNotContain("aarengen.sha256", Encoding.UTF8.GetString(changed), StringComparison.Ordinal);
            }
            catch (ModelFileException)
            {
                refused++;
            }
        }
        // The name has 15 of some thousand bytes.
        Assert.InRange(refused, 290, 300);
        for (int length = 0; length < bytes.Length; length += 7)
        {
            byte[] cut = bytes[..length];
            Assert.Throws<ModelFileException>(() => SeriesByMean.Load(new MemoryStream(cut)));
        }
        NotStandardized.Create(1).Save(File);
        Assert.Contains(
            "standardize.series.names", Assert.Throws<ModelFileException>(() => SeriesByMean.Load(File)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\0b\0c\0\0\0", null)]
    [InlineData("a\0b\0a\0\0\0", "holds a name twice")]
    [InlineData("a\0b\0\0\0\0\0", "no name of a series")]
    [InlineData("a\0b\0c\0d\0", "does not hold 3 names")]
    [InlineData("a\0b\0c\0\0\0\0\0\0\0\0\0\0\0\0\0", "does not hold 3 names")]
    [InlineData("a\0b\0cdef", "no name of a series")]
    [InlineData("a\0b\0\u0080\0\0", "no name of a series")]
    [InlineData("", "no name of a series")]
    public void Names_that_cannot_be_are_refused(string names, string? expected)
    {
        ModelDescription description = SeriesByMean.Description;
        // The characters are bytes: 0x80 is none of UTF-8.
        byte[] bytes = Encoding.Latin1.GetBytes(names);
        double[] data = StatisticsFile.Data(Fitted().Statistics);
        if (expected is null)
        {
            Assert.Equal(["a", "b", "c"], StatisticsFile.Parse(description, new Dictionary<string, string>(), data, bytes)!.Series.Keys);
            return;
        }
        string message = Assert.Throws<ModelFileException>(
            () => StatisticsFile.Parse(description, new Dictionary<string, string>(), data, bytes)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_claims_many_series_takes_no_memory()
    {
        const int claimed = 20_000_000;
        IEnumerable<(string, IReadOnlyList<int>)> weights = SeriesByMean.Description.Parameters.Select(static p => (p.Name, p.Shape));
        byte[] header = Safetensors.WriteHeader(
            weights, new Dictionary<string, string>(), StatisticsFile.Tensors(SeriesByMean.Description, claimed),
            [(StatisticsFile.Names, [claimed * 8])]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var stream = new ForwardOnly(new MemoryStream([.. header, .. new byte[1000]]));
        string message = Assert.Throws<ModelFileException>(() => SeriesByMean.Load(stream)).Message;
        Assert.Contains("cut short", message, StringComparison.Ordinal);
        // The model itself, and buffers of some kilobytes; the claimed statistics are two gigabytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Statistics_of_a_series_that_cannot_be_are_refused()
    {
        ModelDescription description = SeriesByMean.Description;
        StandardizationStatistics fitted = Fitted().Statistics!;
        double[] data = StatisticsFile.Data(fitted);
        // Behind the common ones, 3 centers of 3 series each, then the scales: that of the second series's column 1.
        data[2 * (3 + 2) + 9 + 4] = -1;
        string message = Assert.Throws<ModelFileException>(() => StatisticsFile.Parse(
            description, new Dictionary<string, string>(), data, StatisticsFile.NamesOf(description, fitted))).Message;
        Assert.Contains("in series 1, token column 1 has the center", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_series_are_fitted_and_kept()
    {
        const int count = 3000;
        var random = new Random(1);
        var data = new SequenceList(10, 1);
        for (int s = 0; s < count; s++)
        {
            float[] tokens = ModelData.Uniform(random, 4 * 10);
            data.Add([.. tokens.Select(x => s + x)], ModelData.Uniform(random, 4), series: $"meter {s}");
        }
        ManySeries model = ManySeries.Create(1);
        model.Fit(data, options: Options with { Epochs = 1, BatchSize = 500 });
        Assert.Equal(count, model.Statistics!.Series.Count);
        for (int s = 0; s < count; s++)
        {
            // The mean of four numbers within 1 of the series's own.
            Assert.InRange(model.Statistics.Series[$"meter {s}"].Tokens[9].Center, s - 1, s + 1);
        }
        model.Save(File);
        ManySeries loaded = ManySeries.Load(File);
        Assert.True(model.Statistics.IsSame(loaded.Statistics));
        // 22 doubles of each; names of at most 10 bytes with their end; the rest is the common statistics, 11 weights and the header.
        Assert.InRange(new FileInfo(File).Length, count * 22 * 8, count * (22 * 8 + 11) + 4096);
        float[] token = [.. Enumerable.Repeat(2999f, 10)], output = new float[1], expected = new float[1];
        loaded.Step(loaded.CreateState("meter 2999"), token, output);
        model.Step(model.CreateState("meter 2999"), token, expected);
        Assert.Equal(expected, output);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("north")]
    [InlineData("Ωμέγα 7")]
    [InlineData("unknown")]
    public void A_saved_state_remembers_its_series(string? series)
    {
        SeriesByMean model = Fitted();
        StreamState<SeriesByMean> state = StateOf(model, series), copy = model.CreateState("south");
        float[] tokens = ModelData.Uniform(new Random(1), 3 * 3), expected = new float[2 * 2], actual = new float[2 * 2];
        model.Forward(state, tokens.AsSpan(0, 3), new float[2]);
        state.Save(File);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        // A state of another series, and in a stream with something behind it.
        StreamState<SeriesByMean> loaded = model.CreateState("south");
        using var stream = new ForwardOnly(new MemoryStream([.. bytes, 9]));
        loaded.Load(stream);
        Assert.Equal(9, stream.ReadByte());
        Assert.Equal((series, state.HasSeriesStatistics, 1), (loaded.Series, loaded.HasSeriesStatistics, loaded.TokenCount));
        state.CopyTo(copy);
        Assert.Equal((series, state.HasSeriesStatistics, 1), (copy.Series, copy.HasSeriesStatistics, copy.TokenCount));
        model.Forward(state, tokens.AsSpan(3), expected);
        model.Forward(loaded, tokens.AsSpan(3), actual);
        Assert.Equal(expected, actual);
        model.Forward(copy, tokens.AsSpan(3), actual);
        Assert.Equal(expected, actual);
        // Every single byte counts.
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] changed = (byte[])bytes.Clone(), cut = bytes[..at];
            changed[at] ^= 0x10;
            Assert.Throws<ModelFileException>(() => loaded.Load(new MemoryStream(changed)));
            Assert.Throws<ModelFileException>(() => loaded.Load(new MemoryStream(cut)));
        }
        Assert.Equal((series, 3), (loaded.Series, loaded.TokenCount));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void A_state_with_an_impossible_name_is_refused(int nameBytes)
    {
        SeriesByMean model = Fitted();
        using var saved = new MemoryStream();
        model.CreateState("a").Save(saved);
        // Length and name stand before the hash.
        byte[] body = saved.ToArray()[..^SHA256.HashSizeInBytes];
        BitConverter.TryWriteBytes(body.AsSpan(body.Length - 5), nameBytes);
        body = nameBytes == 0 ? body[..^1] : body;
        Assert.Throws<ModelFileException>(() => model.CreateState().Load(new MemoryStream([.. body, .. SHA256.HashData(body)])));
    }

    [Fact]
    public void A_relay_has_one_series()
    {
        SeriesByMean model = Fitted();
        StateRelay<SeriesByMean> relay = model.CreateRelay(4, "north"), other = model.CreateRelay(4);
        Assert.Equal(("north", true), (relay.Series, relay.HasSeriesStatistics));
        float[] tokens = ModelData.Uniform(new Random(1), 3 * 3), expected = new float[2 * 3], actual = new float[2 * 3];
        model.Forward(relay, tokens, expected);
        relay.Save(File);
        other.Load(File);
        Assert.Equal(("north", true, 3), (other.Series, other.HasSeriesStatistics, other.TokenCount));
        model.Forward(relay, tokens, expected);
        model.Forward(other, tokens, actual);
        Assert.Equal(expected, actual);
        using var mixed = new MemoryStream();
        model.CreateState("north").Save(mixed);
        model.CreateState("south").Save(mixed);
        mixed.Position = 0;
        Assert.Contains(
            "two series", Assert.Throws<ModelFileException>(() => other.Load(mixed)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.CreateRelay(3, "north"));
    }

    [Fact]
    public void Threads_share_a_sequence_of_a_series()
    {
        SeriesByMean model = Fitted();
        float[] tokens = ModelData.Uniform(new Random(5), 3 * 500), expected = new float[2 * 500], actual = new float[2 * 500];
        model.Forward(model.CreateState("north"), tokens, expected);
        model.Forward(model.CreateState("north"), tokens, actual, threads: 3);
        // Standardised values of size 1, some hundred operations of 6e-8 each, times the targets' scale.
        double scale = model.Statistics!.Series["north"].Targets.Max(static c => c.Scale);
        Assert.All(expected.Zip(actual), x => Assert.Equal(x.First, x.Second, 2e-5 * Math.Max(scale, Math.Abs(x.First))));
        model.Forward(model.CreateState("south"), tokens, actual, threads: 3);
        Assert.NotEqual(expected, actual);
    }

    [Fact]
    public void Mistakes_are_named()
    {
        SeriesByMean model = Fitted();
        Assert.Throws<ArgumentNullException>(() => model.CreateState(null!));
        Assert.Throws<ArgumentNullException>(() => model.CreateRelay(4, null!));
        foreach (string bad in (string[])["", "a\0", "\ud800", new('x', 1025), new('Ω', 513)])
        {
            Assert.Contains(
                "1 to 1,024 bytes", Assert.Throws<ArgumentException>("series", () => model.CreateState(bad)).Message,
                StringComparison.Ordinal);
            var data = new SequenceList(3, 2);
            data.Add([1, 2, 3], [1, 2], series: "good");
            data.Add([1, 2, 3], [1, 2], series: bad);
            SeriesByMean fresh = SeriesByMean.Create(1);
            Assert.Contains(
                "Sequence 1: the name", Assert.Throws<ArgumentException>("train", () => fresh.Fit(data)).Message,
                StringComparison.Ordinal);
            Assert.False(fresh.Statistics!.IsFitted);
        }
        Assert.Equal(1024, model.CreateState(new string('Ω', 512)).Series!.Length * 2);
        Standardized common = Standardized.Create(1);
        Assert.Contains(
            "PerSeries", Assert.Throws<InvalidOperationException>(() => common.CreateState("north")).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => common.CreateRelay(4, "north"));
        // The bound of a number is that of its series, in every call.
        StreamState<SeriesByMean> north = model.CreateState("north");
        float far = (float)(2e15 * model.Statistics!.Series["north"].Tokens[1].Scale);
        Assert.InRange(far, 0, 0.9e15 * model.Statistics.Series["south"].Tokens[1].Scale);
        float[] token = [0, far, 0], output = new float[2], both = new float[4];
        Assert.Throws<ArgumentException>(() => model.Step(north, token, output));
        Assert.Throws<ArgumentException>(() => model.Forward(north, token, output));
        Assert.Contains(
            "in row 1, column 1", Assert.Throws<ArgumentException>(
                () => model.StepMany([model.CreateState("south"), north], [.. token, .. token], both)).Message,
            StringComparison.Ordinal);
        model.StepMany([model.CreateState("south"), model.CreateState("south")], [.. token, .. token], both);
        Assert.Equal(0, north.TokenCount);
        var list = new SequenceList(3, 2);
        list.Add(token, [1, 2], series: "north");
        Assert.Throws<ArgumentException>(() => model.Evaluate(list));
    }

    [Fact]
    public void A_resumed_training_has_the_same_bits_and_needs_the_same_series()
    {
        SequenceData train = Data<SeriesByMean>(1), validation = Data<SeriesByMean>(2);
        SeriesByMean straight = SeriesByMean.Create(1);
        TrainingReport expected = straight.Fit(train, validation, Options with { Epochs = 4 });
        TrainingOptions options = Options with { CheckpointPath = File, Resume = true };
        // The data are read for statistics by 3 × 8 reads, for those of series by 3 × 7, to check them by 8, and then 8 an epoch.
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => SeriesByMean.Create(1).Fit(
            new StoppingData(train, reads: 65, stop), validation, options with { Epochs = 4 }, cancellationToken: stop.Token));
        SeriesByMean resumed = SeriesByMean.Create(9);
        Assert.Equal(expected.Epochs, resumed.Fit(train, validation, options with { Epochs = 4 }).Epochs);
        AssertSame(straight, resumed);
        var others = new SequenceList(3, 2);
        for (int i = 0; i < train.Count; i++)
        {
            others.Add(Tokens(train, i), Targets(train, i).Targets, Targets(train, i).Weights, i == 0 ? "north" : train.GetSeries(i));
        }
        string message = Assert.Throws<ModelFileException>(
            () => SeriesByMean.Create(1).Fit(others, validation, options with { Epochs = 6 })).Message;
        Assert.Contains("training data: other series", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_of_a_series_allocates_nothing()
    {
        SeriesByMean model = Fitted();
        StreamState<SeriesByMean>[] states = [model.CreateState("north"), model.CreateState("south"), model.CreateState()];
        float[] tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9], outputs = new float[6];
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int t = 0; t < 20; t++)
            {
                model.Step(states[t % 3], tokens.AsSpan(0, 3), outputs.AsSpan(0, 2));
                model.StepMany(states, tokens, outputs);
            }
        }));
    }

    [Fact]
    public void Windows_are_of_their_tables_series()
    {
        var windows = new SequenceWindows(new float[9], 1, new float[9], 1, length: 3, stride: 3, series: "north");
        Assert.Equal(["north", "north", "north"], Enumerable.Range(0, 3).Select(windows.GetSeries));
        Assert.Throws<ArgumentOutOfRangeException>(() => windows.GetSeries(3));
        Assert.Null(new SequenceWindows(new float[9], 1, new float[9], 1, length: 3, stride: 3).GetSeries(0));
        var list = new SequenceList(1, 1);
        list.Add([1], [1], series: "south");
        list.Add([1], [1]);
        Assert.Equal(("south", null), (list.GetSeries(0), list.GetSeries(1)));
    }

    /// <summary>
    /// Compares a model that knows series with a model without [Standardize] by hand; what the statistics of a series should be tells a
    /// model that standardises, trained on that series alone.
    /// </summary>
    private static void Compare<TModel, TPlain, TAlone>()
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        where TPlain : SequenceModel<TPlain>, IModelDefinition<TPlain>
        where TAlone : SequenceModel<TAlone>, IModelDefinition<TAlone>
    {
        SequenceList data = Data<TModel>(1), validation = Data<TModel>(2, withUnknown: true);
        TModel model = SequenceModel<TModel>.Create(1);
        TrainingReport report = model.Fit(data, validation, Options);
        StandardizationStatistics statistics = model.Statistics!;
        Assert.Equal(["north", "south", "Ωμέγα 7"], statistics.Series.Keys);
        foreach (string? key in (string?[])[null, .. statistics.Series.Keys])
        {
            TAlone alone = SequenceModel<TAlone>.Create(1);
            var own = new SequenceList(data.TokenWidth, data.TargetWidth);
            foreach (int i in Enumerable.Range(0, data.Count).Where(i => key is null || Keys[i] == key))
            {
                own.Add(Tokens(data, i), Targets(data, i).Targets, Targets(data, i).Weights);
            }
            alone.Fit(own, options: Options);
            StandardizationStatistics found = key is null ? statistics : statistics.Series[key];
            Assert.Equal(alone.Statistics!.Tokens, found.Tokens);
            // A series may lack a target, which the last tokens alone have.
            Assert.Equal(
                [.. alone.Statistics.Targets.Select((t, i) => t == ColumnScale.None ? statistics.Targets[i] : t)], found.Targets);
            Assert.True(found.IsFitted);
        }
        Assert.NotEqual(statistics.Series["north"].Tokens, statistics.Series["south"].Tokens);

        TPlain plain = SequenceModel<TPlain>.Create(1);
        SequenceList scaled = ByHand(data, statistics), scaledValidation = ByHand(validation, statistics);
        Assert.Equal(plain.Fit(scaled, scaledValidation, Options).Epochs, report.Epochs);
        Assert.Equal(plain.Weights.ToArray(), model.Weights.ToArray());
        Assert.Equal(plain.Evaluate(scaledValidation), model.Evaluate(validation));

        // Streams of every series at once: validation has one that training had not.
        int inputs = data.TokenWidth, outputs = SequenceModel<TModel>.Description.OutputWidth, steps = validation.GetLength(1);
        StreamState<TModel>[] many = [.. Enumerable.Range(0, validation.Count).Select(i => StateOf(model, validation.GetSeries(i)))];
        Assert.Equal(
            Enumerable.Range(0, validation.Count).Select(i => statistics.Of(validation.GetSeries(i)) is not null),
            many.Select(static s => s.HasSeriesStatistics));
        var expected = new float[validation.Count][];
        for (int i = 0; i < validation.Count; i++)
        {
            int length = validation.GetLength(i);
            float[] tokens = Tokens(validation, i), byHand = Tokens(scaledValidation, i), standardized = new float[length * outputs];
            plain.Forward(plain.CreateState(), byHand, standardized);
            expected[i] = Restore<TModel>(statistics.Of(validation.GetSeries(i)) ?? statistics, standardized);
            float[] actual = new float[length * outputs];
            StreamState<TModel> state = StateOf(model, validation.GetSeries(i));
            model.Forward(state, tokens, actual);
            Assert.Equal(expected[i], actual);
            state.Reset();
            for (int t = 0; t < length; t++)
            {
                model.Step(state, tokens.AsSpan(t * inputs, inputs), actual.AsSpan(t * outputs, outputs));
            }
            Assert.Equal(expected[i], actual);
            // A relay of 60 tokens reads all of them with its first state.
            StateRelay<TModel> relay = validation.GetSeries(i) is { } key ? model.CreateRelay(60, key) : model.CreateRelay(60);
            model.Forward(relay, tokens, actual);
            Assert.Equal(expected[i], actual);
        }
        float[] together = new float[validation.Count * outputs];
        for (int t = 0; t < steps; t++)
        {
            // Not all of them at each step, so that they are at different positions.
            int[] now = [.. Enumerable.Range(0, validation.Count).Where(i => many[i].TokenCount < steps && (i + t) % 3 != 0)];
            float[] tokens = [.. now.SelectMany(i => Tokens(validation, i).Skip((int)many[i].TokenCount * inputs).Take(inputs))];
            int[] positions = [.. now.Select(i => (int)many[i].TokenCount)];
            model.StepMany([.. now.Select(i => many[i])], tokens, together.AsSpan(0, now.Length * outputs));
            for (int j = 0; j < now.Length; j++)
            {
                Assert.Equal(
                    expected[now[j]].AsSpan(positions[j] * outputs, outputs).ToArray(), together.AsSpan(j * outputs, outputs).ToArray());
            }
        }
        Assert.Contains(many, static s => s.TokenCount > 4);
    }

    private static StreamState<TModel> StateOf<TModel>(TModel model, string? series)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        series is null ? model.CreateState() : model.CreateState(series);

    /// <summary>Outputs in the targets' units, by what the description says of them.</summary>
    private static float[] Restore<TModel>(StandardizationStatistics statistics, float[] outputs)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var restored = (float[])outputs.Clone();
        for (int i = 0; i < outputs.Length; i++)
        {
            int channel = i % description.OutputWidth / description.RowOutputWidth, own = i % description.RowOutputWidth;
            HeadDescription head = description.Heads.Single(h => own >= h.OutputOffset && own < h.OutputOffset + h.OutputWidth);
            if (head.Scaling.Count == 0)
            {
                continue;
            }
            int target = channel * description.RowTargetWidth + head.TargetOffset + (own - head.OutputOffset) % head.TargetWidth;
            (double center, double scale) = statistics.Targets[target];
            restored[i] = head.Scaling[(own - head.OutputOffset) / head.TargetWidth] switch
            {
                OutputScaling.Location => (float)(outputs[i] * scale + center),
                OutputScaling.Scale => (float)(outputs[i] * scale),
                _ => outputs[i],
            };
        }
        return restored;
    }

    private static SequenceList ByHand(SequenceList data, StandardizationStatistics statistics)
    {
        var scaled = new SequenceList(data.TokenWidth, data.TargetWidth);
        for (int i = 0; i < data.Count; i++)
        {
            StandardizationStatistics own =
                data.GetSeries(i) is { } key && statistics.Series.TryGetValue(key, out StandardizationStatistics? s) ? s : statistics;
            (float[] targets, float[] weights) = Targets(data, i);
            scaled.Add(Scaled(Tokens(data, i), own.Tokens), Scaled(targets, own.Targets), weights);
        }
        return scaled;
    }

    private static float[] Scaled(float[] values, IReadOnlyList<ColumnScale> columns) =>
        [.. values.Select((x, at) => columns[at % columns.Count] is var (center, scale) ? (float)((x - center) / scale) : x)];

    private static float[] Tokens(SequenceData data, int index)
    {
        var tokens = new float[data.GetLength(index) * data.TokenWidth];
        data.ReadTokens(index, tokens);
        return tokens;
    }

    private static (float[] Targets, float[] Weights) Targets(SequenceData data, int index)
    {
        int length = data.GetLength(index);
        float[] targets = new float[length * data.TargetWidth], weights = new float[length];
        for (int t = 0; t < length; t++)
        {
            weights[t] = data.ReadTarget(index, t, targets.AsSpan(t * data.TargetWidth, data.TargetWidth));
        }
        return (targets, weights);
    }

    private static SeriesByMean Fitted()
    {
        SeriesByMean model = SeriesByMean.Create(1);
        model.Fit(Data<SeriesByMean>(1), options: Options);
        return model;
    }

    private static void AssertSame(SeriesByMean expected, SeriesByMean actual)
    {
        Assert.Equal(expected.Statistics!.IsFitted, actual.Statistics!.IsFitted);
        Assert.Equal(expected.Statistics.Series.Keys, actual.Statistics.Series.Keys);
        Assert.True(expected.Statistics.IsSame(actual.Statistics));
        float[] tokens = ModelData.Uniform(new Random(4), 30), first = new float[20], second = new float[20];
        foreach (string? key in Keys)
        {
            expected.Forward(StateOf(expected, key), tokens, first);
            actual.Forward(StateOf(actual, key), tokens, second);
            Assert.Equal(first, second);
        }
    }

    /// <summary>Sequences of several series, whose numbers have different centers and scales; some do not count or are missing.</summary>
    private static SequenceList Data<TModel>(int seed, bool withUnknown = false)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        SequenceList modest = ModelData.Random<TModel>(Lengths, seed), data = new(modest.TokenWidth, modest.TargetWidth);
        bool[] numbers = StandardizationStatistics.StandardizedTokens(description),
            targets = StandardizationStatistics.StandardizedTargets(description);
        for (int i = 0; i < modest.Count; i++)
        {
            string? key = withUnknown && i == 4 ? "unknown" : Keys[i];
            // Each is of another size.
            float size = key switch { "south" => 1000, "north" => 1, null => 30, _ => 7 };
            (float[] wanted, float[] weights) = Targets(modest, i);
            data.Add(
                [.. Tokens(modest, i).Select((x, at) => numbers[at % numbers.Length] ? size * (3 + at % data.TokenWidth + x) : x)],
                [.. wanted.Select((x, at) => !targets[at % targets.Length] ? x : at % 17 == 5 ? float.NaN : size * (x - 2))],
                [.. weights.Select((w, t) => t % 4 == 1 ? 0 : w)], key);
        }
        return data;
    }
}
