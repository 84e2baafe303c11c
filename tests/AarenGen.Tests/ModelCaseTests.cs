using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>The table of test models is complete, and no model is left out of a suite without a reason.</summary>
public sealed class ModelCaseTests
{
    [Fact]
    public void Every_model_of_this_assembly_is_in_the_table() => Assert.Equal(
        typeof(ModelCaseTests).Assembly.GetTypes().Where(ModelCases.IsModel).Select(static t => t.Name).Order(StringComparer.Ordinal),
        ModelCases.All.Select(static c => c.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void A_suite_that_does_not_apply_has_a_reason() =>
        Assert.All(
            ModelCases.All.SelectMany(static c => c.Without.Values), static reason => Assert.InRange(reason.Length, 10, int.MaxValue));

    [Fact]
    public void Every_suite_checks_models() =>
        Assert.All(Enum.GetValues<Suite>(), static suite => Assert.NotEmpty(ModelCases.NamesOf(suite)));
}
