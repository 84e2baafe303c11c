using System.Globalization;
using Xunit.Abstractions;

namespace AarenGen.Onnx.Tests;

/// <summary>Graphs of random models of all features compute in ONNX Runtime what the models compute.</summary>
public sealed class RandomModelTests(ITestOutputHelper output)
{
    /// <summary>How many models are drawn; without it always the same.</summary>
    private const string CountVariable = "AARENGEN_RANDOM_DECLARATIONS";

    private const int FixedCount = 60, FixedSeed = 1;

    [Fact]
    public void Graphs_of_random_models_compute_what_the_models_compute()
    {
        bool isAsked = int.TryParse(
            Environment.GetEnvironmentVariable(CountVariable), NumberStyles.None, CultureInfo.InvariantCulture, out int count);
        int seed = isAsked ? Environment.TickCount : FixedSeed;
        string[] declarations = RandomModels.Declare(seed, isAsked ? count : FixedCount);
        Type[] models = RandomModels.Compile(declarations);
        output.WriteLine($"Seed {seed}: {models.Length} models of {declarations.Length} declarations.");
        // If most declarations were rejected, little would have been tested.
        Assert.InRange(models.Length, declarations.Length * 3 / 4, declarations.Length);
        foreach (Type model in models)
        {
            string declaration = declarations[int.Parse(model.Name.AsSpan(1), CultureInfo.InvariantCulture)];
            try
            {
                var compared = (ModelCase)Activator.CreateInstance(typeof(ModelCase<>).MakeGenericType(model))!;
                compared.Run(new Comparison(output));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {declaration}", e);
            }
        }
    }
}
