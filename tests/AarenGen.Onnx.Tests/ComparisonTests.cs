using Xunit.Abstractions;

namespace AarenGen.Onnx.Tests;

/// <summary>Graphs of every test model compute in ONNX Runtime what the model computes.</summary>
public sealed class ComparisonTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models => [.. ModelCases.All.Select(static c => c.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Graphs_compute_what_the_model_computes(string model) => ModelCases.Named(model).Run(new Comparison(output));
}
