using Xunit.Abstractions;

namespace AarenGen.Onnx.Tests;

/// <summary>
/// Compares a model's graphs in ONNX Runtime with the model itself: streams with states fed back, streams that begin later, whole sequences
/// of several lengths and numbers, and streams that go on from a sequence.
/// </summary>
/// <remarks>
/// The bound: both compute in float32, with products' sums in different order. An operation is off by a unit, 6e-8, of its size, some
/// hundred of which follow each other at most: 1e-5 of the largest output of the head, as <see cref="Tolerance.Float32"/> has it.
/// </remarks>
internal sealed class Comparison(ITestOutputHelper output, int tokens = 40) : IModelAction
{
    private const int Streams = 3, Seed = 7;

    /// <summary>Of the largest output of a head.</summary>
    private static readonly double Bound = Tolerance.Float32.Output;

    /// <summary>Lengths of sequences: none of a patch, one, some, many.</summary>
    private static readonly int[] Lengths = [0, 1, 2, 7, 33];

    public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(Seed);
        UseStatistics(model);
        new Of<TModel>(model, tokens, output).Run();
    }

    /// <summary>Random statistics, and for models that know series those of two.</summary>
    public static string[] UseStatistics<TModel>(TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelStatistics.UseRandom(model, Seed);
        if (!SequenceModel<TModel>.Description.IsPerSeries)
        {
            return [];
        }
        string[] names = ["second \"series\"", "first"];
        StandardizationStatistics common = model.Statistics!;
        var series = new Dictionary<string, StandardizationStatistics>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            ModelStatistics.UseRandom(model, Seed + 1 + series.Count);
            series.Add(name, model.Statistics!);
        }
        model.UseStatistics(new(true, [.. common.Tokens], [.. common.Targets], series));
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private sealed class Of<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

        private readonly TModel model;
        private readonly int count;
        private readonly ITestOutputHelper output;
        private readonly OnnxSession step, sequence;
        private readonly string?[] series;
        private readonly float[][] tokens;
        private readonly Dictionary<string, double> sizes = [];
        private double largest;

        public Of(TModel model, int count, ITestOutputHelper output)
        {
            this.model = model;
            this.count = count;
            this.output = output;
            step = OnnxSession.Of(model, OnnxGraph.Step);
            sequence = OnnxSession.Of(model, OnnxGraph.Sequence);
            string?[] names = [null, .. model.Statistics?.Series.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()];
            series = [.. Enumerable.Range(0, Streams).Select(s => names[s % names.Length])];
            SequenceList data = ModelData.Random<TModel>([.. Enumerable.Repeat(count, Streams)], Seed);
            tokens = [.. Enumerable.Range(0, Streams).Select(s =>
            {
                var own = new float[count * Description.InputWidth];
                data.ReadTokens(s, own);
                return own;
            })];
        }

        private static int Width => Description.InputWidth;

        public void Run()
        {
            using (this)
            {
                CompareStreams();
                foreach (int length in Lengths.Where(l => l < count).Append(count - 3))
                {
                    CompareSequences(length, Streams);
                }
                CompareSequences(count - 3, 1);
            }
            output.WriteLine($"{Description.Name}: the largest error is {largest:E1} of the largest output.");
        }

        public void Dispose()
        {
            step.Dispose();
            sequence.Dispose();
        }

        /// <summary>
        /// Streams token by token. The second one begins anew in the middle, so that streams differ in their numbers of tokens.
        /// </summary>
        private void CompareStreams()
        {
            StreamState<TModel>[] states = [.. series.Select(Create)];
            Dictionary<string, OnnxTensor> fed = step.NewStates(Streams);
            var errors = new List<(HeadDescription Head, float[] Expected, float[] Actual)>();
            int restart = count / 2 + 1, first = 0;
            for (int t = 0; t < count; t++)
            {
                if (t == restart)
                {
                    states[1] = Create(series[1]);
                    fed.Values.ToList().ForEach(static s => s.Bytes.AsSpan(s.Bytes.Length / Streams, s.Bytes.Length / Streams).Clear());
                    first = restart;
                }
                float[][] now = [.. tokens.Select((own, s) => own.AsSpan((s == 1 ? t - first : t) * Width, Width).ToArray())];
                float[] all = [.. now.SelectMany(static x => x)];
                Dictionary<string, OnnxTensor> results = step.Run([.. fed, .. Inputs("token", all, [Streams])]);
                fed = OnnxSession.StatesOf(results);
                for (int s = 0; s < Streams; s++)
                {
                    Collect(Step(states[s], now[s]), results, s, Streams, errors);
                }
            }
            Check(errors);
        }

        /// <summary>Whole sequences, then some tokens more from where they ended.</summary>
        private void CompareSequences(int length, int batch)
        {
            float[] all = [.. tokens.Take(batch).SelectMany(own => own.Take(length * Width))];
            Dictionary<string, OnnxTensor> results = sequence.Run(Inputs("tokens", all, [batch, length]));
            var errors = new List<(HeadDescription Head, float[] Expected, float[] Actual)>();
            StreamState<TModel>[] states = [.. series.Take(batch).Select(Create)];
            int outputs = Description.Tokens.GetOutputCount(length);
            for (int s = 0; s < batch; s++)
            {
                int row = 0;
                for (int t = 0; t < length; t++)
                {
                    float[] expected = Step(states[s], tokens[s].AsSpan(t * Width, Width));
                    if (states[s].HasOutput)
                    {
                        Collect(expected, results, s * outputs + row++, batch * outputs, errors);
                    }
                }
                Assert.Equal(outputs, row);
            }
            Assert.All(Description.Heads, head => Assert.Equal([batch, outputs], results[head.Name].Shape[..2]));
            Dictionary<string, OnnxTensor> fed = OnnxSession.StatesOf(results);
            for (int t = length; t < Math.Min(length + 6, count); t++)
            {
                float[] now = [.. tokens.Take(batch).SelectMany(own => own.Skip(t * Width).Take(Width))];
                results = step.Run([.. fed, .. Inputs("token", now, [batch])]);
                fed = OnnxSession.StatesOf(results);
                for (int s = 0; s < batch; s++)
                {
                    Collect(Step(states[s], tokens[s].AsSpan(t * Width, Width)), results, s, batch, errors);
                }
            }
            Check(errors);
        }

        private StreamState<TModel> Create(string? name) => name is null ? model.CreateState() : model.CreateState(name);

        private float[] Step(StreamState<TModel> state, ReadOnlySpan<float> token)
        {
            var result = new float[Description.OutputWidth];
            model.Step(state, token, result);
            return result;
        }

        /// <summary>The tokens, and the series where the model knows some.</summary>
        private Dictionary<string, OnnxTensor> Inputs(string name, float[] values, long[] leading)
        {
            var inputs = new Dictionary<string, OnnxTensor> { [name] = OnnxTensor.Of(values, [.. leading, Width]) };
            if (Description.IsPerSeries)
            {
                string[] names = [.. model.Statistics!.Series.Keys.Order(StringComparer.Ordinal)];
                inputs["series"] = OnnxTensor.Of(
                    [.. series.Take((int)leading[0]).Select(s => s is null ? 0L : 1 + Array.IndexOf(names, s))], leading[0]);
            }
            return inputs;
        }

        /// <summary>Takes a row of the outputs of each head.</summary>
        private static void Collect(
            float[] expected, Dictionary<string, OnnxTensor> results, int row, int rows,
            List<(HeadDescription Head, float[] Expected, float[] Actual)> errors)
        {
            int channels = Description.Tokens.Channels;
            foreach (HeadDescription head in Description.Heads)
            {
                float[] all = results[head.Name].Floats;
                Assert.Equal(rows * channels * head.OutputWidth, all.Length);
                float[] own = [.. Enumerable.Range(0, channels).SelectMany(
                    c => expected.Skip(c * Description.RowOutputWidth + head.OutputOffset).Take(head.OutputWidth))];
                errors.Add((head, own, all.AsSpan(row * own.Length, own.Length).ToArray()));
            }
        }

        private void Check(List<(HeadDescription Head, float[] Expected, float[] Actual)> errors)
        {
            foreach (IGrouping<HeadDescription, (HeadDescription Head, float[] Expected, float[] Actual)> head in errors.GroupBy(
                static e => e.Head))
            {
                float[] expected = [.. head.SelectMany(static e => e.Expected)], actual = [.. head.SelectMany(static e => e.Actual)];
                double size = expected.Where(static v => !float.IsNaN(v)).Select(static v => Math.Abs((double)v)).DefaultIfEmpty(0).Max();
                sizes[head.Key.Name] = size = Math.Max(size, sizes.GetValueOrDefault(head.Key.Name));
                for (int i = 0; i < expected.Length; i++)
                {
                    if (float.IsNaN(expected[i]) || float.IsNaN(actual[i]))
                    {
                        Assert.True(
                            float.IsNaN(expected[i]) && float.IsNaN(actual[i]), $"{head.Key.Name}: {actual[i]} for {expected[i]} at {i}");
                        continue;
                    }
                    double error = Math.Abs((double)expected[i] - actual[i]);
                    largest = Math.Max(largest, error / size);
                    Assert.True(
                        error <= Bound * size,
                        $"{Description.Name}, {head.Key.Name}: {actual[i]:G9} for {expected[i]:G9} at {i}, "
                        + $"{error / size:E1} of the largest output.");
                }
            }
        }
    }
}
