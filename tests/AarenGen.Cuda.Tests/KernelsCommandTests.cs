using System.CommandLine;
using AarenGen.Cuda.Compilation;
using AarenGen.Tests.Models;
using AarenGen.Tool;
using AarenGen.Tool.Commands;
using AarenGen.Tool.Projects;

namespace AarenGen.Cuda.Tests;

/// <summary>The tool's command that compiles kernels ahead, on this assembly.</summary>
public sealed class KernelsCommandTests : TemporaryFolder
{
    private static readonly string Assembly = typeof(KernelsCommandTests).Assembly.Location;

    [CompilerFact]
    public async Task Kernels_of_named_models_are_those_that_a_training_looks_for()
    {
        Assert.Equal(ExitCodes.Done, await Invoke(
            Assembly, "--architectures", "80", "86", "--model", nameof(GoldenPre), "--precision", "BFloat16", "--carry-state", "--output",
            At("kernels")));

        KernelSource source = KernelSource.Of(
            nameof(GoldenPre), CudaDevice.ProgramOf(GoldenPre.Create(seed: 1)), MatrixPrecision.BFloat16, carriesStates: true);
        string format = CompilerSearch.First().CodeFormat;
        foreach (int architecture in (int[])[80, 86])
        {
            Assert.Single(new KernelCache(At("kernels")).Find(source.Key(architecture, format), nameof(GoldenPre)));
        }
        Assert.Equal(2, Directory.GetFiles(At("kernels")).Length);
    }

    [Fact]
    public void All_models_are_found_and_a_wrong_name_is_told()
    {
        var models = ModelAssembly.Load(Assembly);

        Assert.Equal(
            ModelCases.All.Concat(LinkedModels.All).Select(static c => c.Model.FullName).Order(StringComparer.Ordinal),
            models.Find([]).Select(static t => t.FullName).Order(StringComparer.Ordinal));
        Assert.Contains(
            $"has no model 'Missing'; its models: ", Assert.Throws<UserException>(() => models.Find(["Missing"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_missing_or_no_assembly_is_told()
    {
        File.WriteAllText(At("program"), "no assembly");
        Assert.StartsWith("There is no file", Assert.Throws<UserException>(() => ModelAssembly.Load(At("missing"))).Message);
        Assert.Contains("is no assembly of .NET", Assert.Throws<UserException>(() => ModelAssembly.Load(At("program"))).Message);
        Assert.EndsWith("has no model.", Assert.Throws<UserException>(
            () => ModelAssembly.Load(typeof(Device).Assembly.Location).Find([])).Message);
    }

    private static Task<int> Invoke(params string[] arguments) => KernelsCommand.Create().Parse(arguments).InvokeAsync();
}
