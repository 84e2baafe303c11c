using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;
using AarenGen.Tests;

namespace AarenGen.Generator.Tests;

/// <summary>What holds for the operations as types.</summary>
public sealed class OperationTests
{
    [Fact]
    public void Every_operation_prints_itself_in_csharp()
    {
        Type[] operations =
            [.. typeof(ModelGenerator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract)];
        Assert.NotEmpty(operations);
        Assert.All(operations, static t => Assert.True(typeof(ICSharpOperation).IsAssignableFrom(t), t.Name));
        Assert.All(
            operations.Where(static t => t.IsSubclassOf(typeof(AssociativeRecurrence))), static t =>
                Assert.True(typeof(ICSharpScan).IsAssignableFrom(t), t.Name));
    }

    [Fact]
    public void Every_operation_has_plain_reference_kernels()
    {
        Type[] operations =
            [.. typeof(ModelGenerator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(Operation)) && !t.IsAbstract)];
        Assert.NotEmpty(operations);
        Assert.All(operations, static t => Assert.True(typeof(ILowersToReference).IsAssignableFrom(t), t.Name));
    }

    [Fact]
    public void Every_loss_has_a_plain_reference_kernel()
    {
        LossDefinition[] losses =
        [
            .. typeof(ModelGenerator).Assembly.GetTypes().Where(static t => t.IsSubclassOf(typeof(LossDefinition)) && !t.IsAbstract)
                .Select(static t => (LossDefinition)Activator.CreateInstance(t)!),
        ];
        Assert.NotEmpty(losses);
        Assert.All(losses, static l =>
        {
            var component = new ComponentDeclaration(l.Name, []);
            var declaration = new Declaration("", [], "Model", [component], null, new([], [], []), []);
            Assert.True(LossKernels.Has(l.Plan(component, 6, new(declaration, []))), l.Name);
        });
    }

    /// <summary>An operation's record holds data; C# and device code stand in files of their own beside it.</summary>
    [Fact]
    public void No_file_has_both_data_and_text_of_an_operation()
    {
        string folder = Path.Combine(Repository.Root, "generators", "AarenGen.Generator", "Operations");
        string[] files = [.. Directory.GetDirectories(folder).Select(static d => Path.Combine(d, Path.GetFileName(d) + ".cs"))];
        Assert.NotEmpty(files);
        Assert.All(files, static f => Assert.DoesNotContain("AarenGen.Generator.Emission", File.ReadAllText(f), StringComparison.Ordinal));
    }
}
