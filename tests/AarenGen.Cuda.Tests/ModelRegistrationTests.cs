using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>Every model that this assembly has is a test model or a linked one.</summary>
public sealed class ModelRegistrationTests
{
    [Fact]
    public void Every_model_of_this_assembly_is_in_a_table() => Assert.Equal(
        typeof(ModelRegistrationTests).Assembly.GetTypes().Where(ModelCases.IsModel).Select(static t => t.FullName)
            .Order(StringComparer.Ordinal),
        ModelCases.All.Concat(LinkedModels.All).Select(static c => c.Model.FullName).Order(StringComparer.Ordinal));
}
