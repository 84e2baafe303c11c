namespace AarenGen.Serving.Tests;

[SequenceModel, Continuous(3), Dense(16), Aaren(Heads = 4, FeedForward = 32), Dense(2), MeanSquaredError]
internal sealed partial class SmallModel;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 32), Dense(2), MeanSquaredError]
internal sealed partial class OtherModel;

/// <summary>As small as can be, for many streams.</summary>
[SequenceModel, Continuous(1), Aaren(Heads = 1, FeedForward = 1), MeanSquaredError]
internal sealed partial class TinyModel;

/// <summary>For tests of what a service counts, alone.</summary>
[SequenceModel, Continuous(1), Aaren(Heads = 1, FeedForward = 1), MeanSquaredError]
internal sealed partial class CountedModel;

/// <summary>For tests of what a pool counts, alone.</summary>
[SequenceModel, Continuous(1), Aaren(Heads = 1, FeedForward = 1), MeanSquaredError]
internal sealed partial class PooledModel;

/// <summary>For a test of listeners that throw, alone.</summary>
[SequenceModel, Continuous(1), Aaren(Heads = 1, FeedForward = 1), MeanSquaredError]
internal sealed partial class ListenedModel;

[SequenceModel, Continuous(3), Standardize(PerSeries = true), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class SeriesModel;

/// <summary>Tokens take turns in what they mean: a reward, what is seen, what is done. Values may be missing.</summary>
[SequenceModel, Continuous(1), Continuous(4, Missing = MissingValues.CarryForward), Categorical(3), Interleave(8)]
[Standardize, LayerNorm, Aaren(Heads = 2, FeedForward = 8, Forget = true), Dense(3), CrossEntropy]
internal sealed partial class TurnModel;

/// <summary>An output for every second token, once there are three.</summary>
[SequenceModel, Continuous(2), Patch(3, 2), Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(1), MeanSquaredError]
internal sealed partial class PatchModel;

[SequenceModel, Categorical(5, Width = 3), Continuous(2), Dense(8), MinGru(FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class CategoryModel;

/// <summary>Models and tokens for tests.</summary>
internal static class ServingModels
{
    /// <summary>Series that a model with statistics of series knows: <c>s0</c> and so on.</summary>
    private const int KnownSeries = 6;

    /// <summary>The same model for the same seed, statistics included.</summary>
    public static TModel Create<TModel>(int seed) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var model = SequenceModel<TModel>.Create(seed);
        ModelDescription description = SequenceModel<TModel>.Description;
        if (description.Standardization is null)
        {
            return model;
        }
        var random = new Random(seed);
        var series = new Dictionary<string, StandardizationStatistics>();
        for (int i = 0; description.IsPerSeries && i < KnownSeries; i++)
        {
            series[$"s{i}"] = Statistics(null);
        }
        model.UseStatistics(Statistics(series));
        return model;

        StandardizationStatistics Statistics(Dictionary<string, StandardizationStatistics>? series)
        {
            ColumnScale[] tokens = Columns(StandardizationStatistics.StandardizedTokens(description)),
                targets = Columns(StandardizationStatistics.StandardizedTargets(description));
            StandardizationStatistics.RepeatTokens(description, tokens, targets);
            return new(isFitted: true, tokens, targets, series);
        }

        ColumnScale[] Columns(bool[] standardized) =>
            [.. standardized.Select(s => s ? new ColumnScale(random.NextDouble() - 0.5, 0.5 + random.NextDouble()) : new(0, 1))];
    }

    /// <summary>A state for a stream of this id, as a pool has it.</summary>
    public static StreamState<TModel> StateOf<TModel>(TModel model, string id)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => model.IsPerSeries ? model.CreateState(id) : model.CreateState();

    /// <summary>A token that the model accepts at a position of a stream.</summary>
    public static float[] Token<TModel>(Random random, long position) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        float[] token = [.. Enumerable.Range(0, description.InputWidth).Select(_ => random.NextSingle() * 2 - 1)];
        foreach (MissingColumns missing in description.Tokens.Missing.Where(m => m.IsAt(position)))
        {
            foreach (ref float value in token.AsSpan(missing.First, missing.Count))
            {
                value = random.Next(3) == 0 ? float.NaN : value;
            }
        }
        foreach (CategoryDescription category in description.Categories.Where(c => c.IsAt(position)))
        {
            token[category.Column] = random.Next(category.Cardinality);
        }
        return token;
    }

    /// <summary>The n-th token of a stream, always the same.</summary>
    public static float[] TokenOf<TModel>(int stream, long n) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        Token<TModel>(new Random(HashCode(stream, n)), n - 1);

    public static float[] Nothing(int width)
    {
        var numbers = new float[width];
        numbers.AsSpan().Fill(float.NaN);
        return numbers;
    }

    private static int HashCode(int stream, long n) => unchecked((int)(stream * 1_000_003L + n * 7919));
}
