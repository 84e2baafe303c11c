namespace AarenGen.Tests.Models;

/// <summary>
/// Statistics for models that standardise, so that suites do not check them with those of a new model, which change nothing.
/// </summary>
internal static class ModelStatistics
{
    /// <summary>
    /// Gives a model random statistics, where it has any: centers from -0.5 to 0.5, and scales from 0.5 to 1, so that data of size 1 remain
    /// so, and what is scaled back is no less exact.
    /// </summary>
    public static void UseRandom<TModel>(TModel model, int seed) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        if (description.Standardization is null)
        {
            return;
        }
        var random = new Random(seed);
        ColumnScale[] tokens = Columns(StandardizationStatistics.StandardizedTokens(description)),
            targets = Columns(StandardizationStatistics.StandardizedTargets(description));
        StandardizationStatistics.RepeatTokens(description, tokens, targets);
        model.UseStatistics(new(isFitted: true, tokens, targets));

        ColumnScale[] Columns(bool[] standardized) =>
            [.. standardized.Select(s => s ? new(random.NextDouble() - 0.5, 0.5 + 0.5 * random.NextDouble()) : ColumnScale.None)];
    }
}
