using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>How models of classes are built and trained.</summary>
/// <param name="Blocks">Sizes.</param>
/// <param name="Training">Training.</param>
/// <param name="HasPatches">Whether long sequences are cut into patches; otherwise every row is a token.</param>
/// <param name="Smoothing">Probability that targets give to the other classes.</param>
internal sealed record ClassificationRecipe(Blocks Blocks, Recipe Training, bool HasPatches, double Smoothing);

/// <summary>
/// Classes of whole sequences of unequal lengths: the mean over tokens of what the blocks make of them, by cross-entropy. The epochs
/// are fixed and the last one counts, so that the cases which validated while the recipe was chosen can be trained on as well.
/// </summary>
internal static class Classification
{
    /// <summary>The task's name.</summary>
    public const string Task = "classification";

    /// <summary>Decides which training cases are validation data: the same for all models and seeds.</summary>
    private const int SplitSeed = 1, LongSequence = 64;

    /// <summary>Sizes that suit some thousand short sequences.</summary>
    public static ClassificationRecipe Recipe(int epochs) =>
        new(new(64, 128, 4, 2, 0.2), new(epochs, 16, 2e-3, 0.05, null), HasPatches: true, Smoothing: 0.1);

    /// <summary>The runs of a pair of files, for every mixer and seed, and the baselines.</summary>
    /// <param name="trainPath">The .ts file to learn from.</param>
    /// <param name="testPath">The .ts file to score on.</param>
    /// <param name="mixers">The mixers to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    /// <param name="epochs">Epochs.</param>
    /// <exception cref="TableException">A file is missing or bad.</exception>
    /// <exception cref="ArgumentException">The files do not fit each other.</exception>
    public static IReadOnlyList<PlannedRun> Plan(string trainPath, string testPath, IReadOnlyList<Mixer> mixers, int seeds, int epochs) =>
        Plan(trainPath, testPath, Contender<ClassificationRecipe>.Of(mixers, Recipe(epochs)), seeds);

    /// <inheritdoc cref="Plan(string, string, IReadOnlyList{Mixer}, int, int)"/>
    /// <param name="trainPath">The .ts file to learn from.</param>
    /// <param name="testPath">The .ts file to score on.</param>
    /// <param name="contenders">The models to compare.</param>
    /// <param name="seeds">Seeds 1 to this.</param>
    public static IReadOnlyList<PlannedRun> Plan(
        string trainPath, string testPath, IReadOnlyList<Contender<ClassificationRecipe>> contenders, int seeds)
    {
        (ClassificationSplit split, TsCase[] train, TsCase[] test) = Prepare(trainPath, testPath);
        var name = DataIdentity.OfFiles(
            Path.GetFileNameWithoutExtension(trainPath).Replace("_TRAIN", "", StringComparison.OrdinalIgnoreCase), trainPath, testPath);
        const string setting = "given test file";
        var runs = new List<PlannedRun>
        {
            new(new(Task, name, setting, "majority class", 0), "",
                (_, cancellation) => Scored(split.Labels, test, _ => new MajorityClass(train).Label, cancellation)),
            new(new(Task, name, setting, "nearest neighbour", 0), "", (_, cancellation) =>
            {
                var neighbour = new NearestNeighbour(train, split.Channels);
                return Scored(split.Labels, test, neighbour.Predict, cancellation);
            }),
        };
        TsCase[] all = [.. train, .. test];
        int longest = all.Max(c => c.Tokens.Length) / split.Channels, shortest = all.Min(c => c.Tokens.Length) / split.Channels;
        SequenceList data = ToData(train, split.Channels);
        foreach (Contender<ClassificationRecipe> contender in contenders)
        {
            string declaration = Declare(contender, split, shortest, longest);
            Recipe recipe = contender.Recipe.Training;
            for (int seed = 1; seed <= seeds; seed++)
            {
                int one = seed;
                runs.Add(new(new(Task, name, setting, contender.Name, seed), $"{declaration}\n{recipe}", (progress, cancellation) =>
                    ModelRun.Make(declaration, data, validation: null, recipe, one, new Score(split, test), progress, cancellation)));
            }
        }
        return runs;
    }

    private static string Declare(Contender<ClassificationRecipe> contender, ClassificationSplit split, int shortest, int longest)
    {
        (Blocks blocks, _, bool hasPatches, double smoothing) = contender.Recipe;
        // Long sequences are cut into overlapping patches, because sections of them, not moments, distinguish classes.
        bool cuts = hasPatches && longest >= LongSequence;
        int length = cuts ? Math.Min(shortest, longest / 5) : 1, stride = cuts ? Math.Max(1, longest / 40) : 1;
        string patch = length == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"\n[Patch({length}, {stride})]");
        string loss = smoothing == 0 ? "CrossEntropy"
            : string.Create(CultureInfo.InvariantCulture, $"CrossEntropy(Smoothing = {smoothing})");
        return string.Create(CultureInfo.InvariantCulture, $"""
            [SequenceModel]
            [Continuous({split.Channels})]{patch}
            [Dense({blocks.Width})]
            [Positions(PositionKind.Sinusoidal)]
            {contender.Mixer.Attribute(blocks, (longest - length) / stride + 1)}
            [LayerNorm]
            [Pool(Pooling.Mean)]
            [Dense({split.Labels.Length})]
            [{loss}]
            """);
    }

    /// <summary>The cases, filled and scaled. Mistakes in the data are reported with the names of the files.</summary>
    private static (ClassificationSplit Split, TsCase[] Train, TsCase[] Test) Prepare(string trainPath, string testPath)
    {
        TsDataset trainFile = TsFile.Read(trainPath), testFile = TsFile.Read(testPath);
        try
        {
            ClassificationSplit split = ClassificationSplit.Create(trainFile, testFile, SplitSeed);
            Imputer imputer = Imputer.Fit(split.Train, split.Channels);
            TsCase[] train = [.. imputer.Fill(split.Train), .. imputer.Fill(split.Validation)], test = imputer.Fill(split.Test);
            var scaler = StandardScaler.Fit(train.SelectMany(static c => c.Tokens).ToArray(), split.Channels);
            return (split, Scale(scaler, train), Scale(scaler, test));
        }
        catch (ArgumentException e)
        {
            string problem = e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal);
            throw new TableException($"{trainPath}, {testPath}", null, null, problem, e);
        }
    }

    private static TsCase[] Scale(StandardScaler scaler, TsCase[] cases) =>
    [
        .. cases.Select(one =>
        {
            var scaled = new float[one.Tokens.Length];
            scaler.Transform(one.Tokens, scaled);
            return one with { Tokens = [.. scaled.Select(static v => (double)v)] };
        }),
    ];

    /// <summary>The tokens as models take them. Scaled numbers were rounded to single precision already.</summary>
    private static float[] Narrow(TsCase one) => [.. one.Tokens.Select(static v => (float)v)];

    private static SequenceList ToData(TsCase[] cases, int channels)
    {
        var data = new SequenceList(channels, 1);
        foreach (TsCase one in cases)
        {
            data.Add(Narrow(one), [one.Label]);
        }
        return data;
    }

    private static RunOutcome Scored(string[] labels, TsCase[] test, Func<TsCase, int> predict, CancellationToken cancellation)
    {
        var matrix = new ConfusionMatrix(labels.Length);
        foreach (TsCase one in test)
        {
            cancellation.ThrowIfCancellationRequested();
            matrix.Add(one.Label, predict(one));
        }
        long[] counts = [.. Enumerable.Range(0, labels.Length * labels.Length).Select(i => matrix[i / labels.Length, i % labels.Length])];
        return new(
            [new("accuracy", matrix.Accuracy, HigherIsBetter: true), new("macro F1", matrix.MacroF1, HigherIsBetter: true)],
            Confusion: new(labels, counts));
    }

    private sealed class Score(ClassificationSplit split, TsCase[] test) : IScore
    {
        public RunOutcome Of<TModel>(TModel model, CancellationToken cancellation)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            StreamState<TModel> state = model.CreateState();
            int width = SequenceModel<TModel>.Description.OutputWidth;
            return Scored(split.Labels, test, one =>
            {
                int length = one.Tokens.Length / split.Channels;
                var outputs = new float[length * width];
                state.Reset();
                model.Forward(state, Narrow(one), outputs);
                TokenShape shape = SequenceModel<TModel>.Description.Tokens;
                int last = shape.GetSampleIndex(shape.GetOutputCount(length) - 1);
                return new CategoricalPrediction(outputs.AsSpan(last * width, width)).MostLikely;
            }, cancellation);
        }
    }
}
