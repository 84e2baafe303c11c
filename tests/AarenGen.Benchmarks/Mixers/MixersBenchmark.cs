using System.Globalization;
using AarenGen.Training;

namespace AarenGen.Benchmarks;

/// <summary>What the mixers cost, in models that are otherwise equal: a token of a stream, and a training step, on one core.</summary>
internal sealed class MixersBenchmark : IBenchmark
{
    private const int Seed = 1, Batch = 32, Length = 96;

    /// <summary>Tokens before measuring: a Transformer's context is then full.</summary>
    private const int Filled = 512;

    public string Name => "mixers";

    public string Description => "A token and a training step of every mixer, against plain Aaren";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        string[] columns =
            ["mixer", "token, us", "times Aaren's", "training step, ms", "times Aaren's", "± %", "parameters", "state, bytes"];
        foreach ((string size, IEntry[] entries) in ((string, IEntry[])[])[("small", Small), ("medium", Medium)])
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<Timing> tokens = thoroughness.Contest.Run([.. entries.Select(static e => e.Token())]);
            cancellation.ThrowIfCancellationRequested();
            Contest contest = thoroughness.IsShort ? thoroughness.Contest : new(25, TimeSpan.FromMilliseconds(150));
            List<IDisposable> open = [];
            IReadOnlyList<Timing> steps = contest.Run([.. entries.Select(e => e.TrainingStep(open))]);
            open.ForEach(static d => d.Dispose());
            (IEntry Entry, Timing Token, Timing Step)[] rows = [.. entries.Select((e, i) => (e, tokens[i], steps[i]))];
            yield return new(
                $"mixers-{size}", $"Mixers, the {size} model: one stream, and steps of {Batch} sequences of {Length} tokens, one core",
                columns,
                [.. rows.Select(r => (string[])[
                    r.Entry.Name, Number(r.Token.Median * 1e6), Number(1 / r.Token.TimesFasterThan(tokens[0])),
                    Number(r.Step.Median * 1e3), Number(1 / r.Step.TimesFasterThan(steps[0])),
                    Number(100 * Math.Max(r.Token.Spread, r.Step.Spread)),
                    r.Entry.Description.ParameterCount.ToString("N0", CultureInfo.InvariantCulture),
                    r.Entry.Description.StateBytes.ToString("N0", CultureInfo.InvariantCulture)])],
                rows.Select(r => new
                {
                    r.Entry.Name, Token = r.Token.Median, TokenRatio = 1 / r.Token.TimesFasterThan(tokens[0]), Step = r.Step.Median,
                    StepRatio = 1 / r.Step.TimesFasterThan(steps[0]),
                }))
            {
                Notes = [$"Streams have read {Filled} tokens before: a Transformer's context is full. Ratios are medians of rounds."],
            };
        }
    }

    private static IEntry[] Small { get; } =
    [
        new Entry<SmallPlain>("Aaren"), new Entry<SmallForgetting>("Forgetting Aaren, 4 heads"),
        new Entry<SmallForgettingConvolution>("Forgetting Aaren, 4 heads, convolution"),
        new Entry<SmallByChannel>("Forgetting Aaren by channel"),
        new Entry<SmallByChannelConvolution>("Forgetting Aaren by channel, convolution"),
        new Entry<SmallAttention>("Transformer"), new Entry<SmallGru>("MinGru"), new Entry<SmallLstm>("MinLstm"),
    ];

    private static IEntry[] Medium { get; } =
    [
        new Entry<MediumPlain>("Aaren"), new Entry<MediumForgetting>("Forgetting Aaren, 4 heads"),
        new Entry<MediumForgettingConvolution>("Forgetting Aaren, 4 heads, convolution"),
        new Entry<MediumByChannel>("Forgetting Aaren by channel"),
        new Entry<MediumByChannelConvolution>("Forgetting Aaren by channel, convolution"),
        new Entry<MediumAttention>("Transformer"), new Entry<MediumGru>("MinGru"), new Entry<MediumLstm>("MinLstm"),
    ];

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>One of the models.</summary>
    private interface IEntry
    {
        string Name { get; }

        ModelDescription Description { get; }

        /// <summary>A token of a stream.</summary>
        Contestant Token();

        /// <summary>A training step; what must be disposed of is added to a list.</summary>
        Contestant TrainingStep(List<IDisposable> open);
    }

    private sealed record Entry<TModel>(string Name) : IEntry where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        public ModelDescription Description => SequenceModel<TModel>.Description;

        public Contestant Token()
        {
            TModel model = SequenceModel<TModel>.Create(Seed);
            StreamState<TModel> state = model.CreateState();
            float[] tokens = Numbers(Filled, new(Seed)), output = new float[Description.OutputWidth];
            int at = 0, width = Description.InputWidth;
            for (int t = 0; t < Filled; t++)
            {
                Step();
            }
            return new(Name, Step);

            void Step()
            {
                model.Step(state, tokens.AsSpan(at, width), output);
                at = (at + width) % tokens.Length;
            }
        }

        public Contestant TrainingStep(List<IDisposable> open)
        {
            var random = new Random(Seed);
            var data = new SequenceList(Description.InputWidth, Description.TargetWidth);
            for (int i = 0; i < Batch; i++)
            {
                data.Add(Numbers(Length, random), Numbers(Length, random));
            }
            var trainer = new Trainer<TModel>(
                SequenceModel<TModel>.Create(Seed), data, null,
                new() { BatchSize = Batch, Epochs = 1_000_000, WarmupSteps = 0, FinalLearningRateFraction = 1, Threads = 1 });
            open.Add(trainer);
            return new(Name, trainer.Step);
        }

        private float[] Numbers(int rows, Random random) =>
            [.. Enumerable.Range(0, rows * Description.InputWidth).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
