using System.Reflection;

namespace AarenGen.Tests;

/// <summary>No test of a kernel is left out where only those of arithmetic run.</summary>
public sealed class TestTraitTests
{
    [Fact]
    public void Who_calls_kernels_checks_arithmetic()
    {
        string folder = Path.Combine(Repository.Root, "tests", "AarenGen.Tests");
        string[] classes =
        [
            .. Directory.GetFiles(folder, "*Tests.cs")
                .Where(static f => File.ReadLines(f).Contains("using AarenGen.Kernels;")).Select(Path.GetFileNameWithoutExtension)!,
        ];
        Assert.InRange(classes.Length, 10, int.MaxValue);
        Assert.All(classes, static name =>
        {
            Type type = typeof(TestTraitTests).Assembly.GetType($"AarenGen.Tests.{name}", throwOnError: true)!;
            Assert.Contains(
                type.GetCustomAttributesData().Where(static a => a.AttributeType == typeof(TraitAttribute)),
                static a => a.ConstructorArguments is [{ Value: TestTraits.Checks }, { Value: TestTraits.Arithmetic }]);
        });
    }
}
