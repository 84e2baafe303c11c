using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Lowering.Cuda.Passes;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Tests;

/// <summary>Each pass alone, on the nodes of a few operations; and what holds of every plan of kernels. No text is read.</summary>
public sealed class CudaLoweringTests
{
    private const int Width = 8, Hidden = 200;

    private static readonly Value Input = new("input", Width), Output = new("output", Width);

    public static TheoryData<string> Names => SnapshotTests.Names;

    [Fact]
    public void A_residuals_gradient_is_read_in_place()
    {
        Value sum = Inner("sum", 0), hidden = Inner("hidden", 1);
        // output = sum + f(sum): the gradient of sum begins as the output's.
        LayerKernels kernels = Run<ElideGradientCopies>(
            Layer(Map("a", Input, sum), Map("b", sum, hidden), Map("c", hidden, Output, residual: sum)));
        Assert.DoesNotContain(kernels.Backward, static n => n is CopyGradient);
        Assert.Equal(Output, Single<LinearInputGradient>(kernels.Backward, "b").Addend);
    }

    [Fact]
    public void A_residuals_gradient_is_copied_where_the_original_changes_before_it_is_read()
    {
        Value sum = Inner("sum", 0), branch = Inner("branch", 1) with { SharesGradientOf = "output" };
        LayerKernels kernels = Run<ElideGradientCopies>(
            Layer(Map("a", Input, sum), Map("b", sum, branch), new Dropout(branch, 0.5, 0), new Residual(sum, branch, Output)));
        Assert.Single(kernels.Backward.OfType<CopyGradient>());
        Assert.Equal(sum, Single<LinearInputGradient>(kernels.Backward, "b").Addend);
    }

    [Fact]
    public void Rows_that_only_linear_maps_read_are_normalised_as_they_are_loaded()
    {
        Value normalized = Inner("normalized", 0);
        LayerKernels kernels = Run<NormalizeOnLoad>(Layer(Norm(Input, normalized), Map("a", normalized, Output)));
        Assert.DoesNotContain(kernels.Forward, n => n.IsWriting(Operand.Of(normalized)));
        Assert.DoesNotContain(kernels.Forward.Concat(kernels.Backward), n => n.IsReading(Operand.Of(normalized)));
        Assert.Equal(Input, Single<LinearForward>(kernels.Forward, "a").Normalization?.Input);
        Assert.Equal(normalized, kernels.Backward.OfType<WeightGradients>().Single().Maps[0].Normalization?.Output);
        // The statistics for the backward pass are still stored.
        Assert.Contains(kernels.Forward, n => n.Writes.Any(static o => o.Rows.Memory == StatisticsMemory));
    }

    [Fact]
    public void Rows_that_are_a_residual_too_are_normalised_in_memory()
    {
        Value normalized = Inner("normalized", 0);
        LayerKernels kernels = Run<NormalizeOnLoad>(Layer(Norm(Input, normalized), Map("a", normalized, Output, residual: normalized)));
        Assert.Contains(kernels.Forward, n => n.IsWriting(Operand.Of(normalized)));
        Assert.Null(Single<LinearForward>(kernels.Forward, "a").Normalization);
    }

    [Fact]
    public void A_narrow_layers_weight_gradients_go_last()
    {
        LayerKernels kernels = Run<ScheduleWeightGradients>(TwoMaps(Width));
        Assert.Equal([false, false, true, true], kernels.Backward.Select(static n => n is WeightGradients));
    }

    [Fact]
    public void A_wide_layers_weight_gradients_run_beside_the_rows_gradients()
    {
        LayerKernels kernels = Run<ScheduleWeightGradients>(TwoMaps(Hidden));
        Assert.Equal(2, kernels.Backward.Count);
        Assert.All(kernels.Backward, static n =>
        {
            var tiles = Assert.IsType<TileKernel>(n);
            var beside = Assert.IsType<WeightGradients>(tiles.Beside);
            Assert.Equal(((LinearInputGradient)tiles.Single!).Maps[0], beside.Maps.Single().Map);
            Assert.Equal(beside.Grid.Fixed, tiles.Grid.Fixed);
            Assert.Equal(2, tiles.MinBlocksPerMultiprocessor);
        });
    }

    [Fact]
    public void Linear_maps_of_the_same_rows_are_one_kernel()
    {
        Value a = Inner("a", 0), b = Inner("b", 1);
        LayerKernels kernels = Run<FuseSiblingLinears>(
            Run<ScheduleWeightGradients>(Layer(Map("a", Input, a), Map("b", Input, b), new Join([a, b], new Value("output", 2 * Width)))));
        var forward = Assert.IsType<LinearForward>(((TileKernel)kernels.Forward[0]).Single);
        Assert.Equal(["a", "b"], forward.Maps.Select(static m => m.Matrix.Name));
        Assert.Equal(2, forward.ColumnTiles);
        var backward = Assert.IsType<LinearInputGradient>(kernels.Backward.OfType<TileKernel>().Single().Single);
        Assert.Equal(["b", "a"], backward.Maps.Select(static m => m.Matrix.Name));
        Assert.Null(backward.Addend);
    }

    [Fact]
    public void A_map_that_adds_the_result_of_another_is_not_fused()
    {
        Value a = Inner("a", 0);
        LayerKernels kernels = Run<FuseSiblingLinears>(Layer(Map("a", Input, a), Map("b", Input, Output, residual: a)));
        Assert.Equal(2, kernels.Forward.Count);
    }

    [Fact]
    public void An_activation_is_the_epilogue_of_the_multiplications_around_it()
    {
        LayerKernels kernels = Run<FuseActivation>(Run<ScheduleWeightGradients>(Activated()));
        Assert.Equal(2, kernels.Forward.Count);
        Assert.Equal("Gelu", Single<LinearForward>(kernels.Forward, "a").Activation?.Function);
        Assert.DoesNotContain(kernels.Backward, static n => n is ActivateBackward);
        Assert.Equal("Gelu", Single<LinearInputGradient>(kernels.Backward, "b").Activation?.Function);
    }

    [Fact]
    public void An_activation_whose_gradient_has_two_sources_is_not_fused()
    {
        Value argument = Inner("argument", 0), hidden = Inner("hidden", 1), other = Inner("other", 2);
        LayerKernels kernels = Run<FuseActivation>(Run<ScheduleWeightGradients>(Layer(
            Map("a", Input, argument), new Activate(argument, hidden, "Gelu"), Map("b", hidden, other),
            Map("c", other, Inner("last", 3)), Map("d", hidden, Output))));
        Assert.Contains(kernels.Backward, static n => n is ActivateBackward);
    }

    [Fact]
    public void The_forward_pass_of_a_narrow_layer_is_one_kernel()
    {
        LayerKernels kernels = Run<ChainNarrowLayers>(Run<FuseActivation>(Activated()));
        var tiles = Assert.IsType<TileKernel>(kernels.Forward.Single());
        var gemms = Assert.IsType<ChainedGemms>(tiles.Single);
        Assert.True(tiles.TakesWholeRows);
        // The hidden rows are written for the backward pass, and not read again.
        Assert.True(tiles.IsWriting(gemms.First.Computes!));
        Assert.False(tiles.IsReading(gemms.First.Computes!));
    }

    [Fact]
    public void A_gradient_that_only_a_normalisation_reads_never_reaches_memory()
    {
        Value normalized = Inner("normalized", 0);
        LayerKernels kernels = Layer(Norm(Input, normalized), Map("a", normalized, Output));
        kernels = Run<ChainNarrowLayers>(Run<ScheduleWeightGradients>(Run<NormalizeOnLoad>(kernels)));
        TileKernel tiles = kernels.Backward.OfType<TileKernel>().Single();
        Assert.NotNull(Assert.IsType<NormalizeBackward>(tiles.Single).Producer);
        Assert.False(tiles.IsWriting(Operand.GradientOf(normalized)) || tiles.IsReading(Operand.GradientOf(normalized)));
        Assert.Equal(GridShape.Of(TileKernel.SharingBlocks), tiles.Grid);
    }

    [Fact]
    public void A_wide_layer_is_not_chained()
    {
        LayerKernels kernels = TwoMaps(Hidden);
        Assert.Equal(kernels, Run<ChainNarrowLayers>(kernels));
    }

    [Fact]
    public void Weight_gradients_run_beside_a_kernel_that_does_not_write_what_they_read()
    {
        LayerKernels scheduled = Run<ScheduleWeightGradients>(TwoMaps(Width));
        // The last kernel writes the input's gradient alone; chained with the one before it also writes the gradient that a map reads.
        LayerKernels overlapped = Run<OverlapWeightGradients>(scheduled);
        var beside = Assert.IsType<WeightGradients>(((TileKernel)overlapped.Backward[^1]).Beside);
        Assert.Equal(["b", "a"], beside.Maps.Select(static m => m.Map.Matrix.Name));
        LayerKernels apart = Run<OverlapWeightGradients>(Run<ChainNarrowLayers>(scheduled));
        var weights = Assert.IsType<WeightGradients>(apart.Backward[1]);
        Assert.Equal("a", weights.Maps.Single().Map.Matrix.Name);
    }

    [Fact]
    public void Partial_gradients_lie_one_after_the_other()
    {
        LayerKernels kernels = Run<AssignPartialGradients>(Run<ScheduleWeightGradients>(TwoMaps(Width)));
        Assert.Equal(4, kernels.PartialGradients.Count);
        long next = 0;
        foreach (PartialGradient partial in kernels.PartialGradients)
        {
            Assert.Equal(next, partial.Buffer);
            Assert.Equal(32, partial.Parts);
            next += (long)partial.Length * partial.Parts;
        }
        Assert.Equal(next, kernels.PartialFloats);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Kernels_bind_only_the_buffers_that_they_use(string name)
    {
        CudaPlan plan = Lower(name);
        Assert.All(plan.Kernels, static k => Assert.Empty(CudaEmitter.Print(k, new Configurations()).Unused));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_kernel_is_launched_and_every_launch_has_a_kernel(string name)
    {
        CudaPlan plan = Lower(name);
        IEnumerable<string> launched = new[] { plan.Begin, plan.Prepare, plan.Forward, plan.Evaluate, plan.Backward, plan.Update }
            .SelectMany(static l => l).Select(static l => l.Kernel).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(plan.Kernels.Select(static k => k.Name).Order(StringComparer.Ordinal), launched);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Partial_gradients_of_a_plan_are_disjoint_and_cover_every_parameter_once(string name)
    {
        CudaPlan plan = Lower(name);
        GradientSegment[] segments = [.. plan.Kernels.Select(static k => k.Node).OfType<ReduceGradientsNode>()
            .SelectMany(static n => n.Segments)];
        long end = 0;
        foreach (GradientSegment segment in segments.OrderBy(static s => s.Buffer))
        {
            Assert.Equal(end, segment.Buffer);
            end += (long)segment.Length * segment.Parts;
        }
        Assert.Equal(plan.PartialFloats, end);
        Assert.Equal(segments.Length, segments.Select(static s => s.Start).Distinct().Count());
    }

    private const int StatisticsMemory = 999;

    private static int offset;

    private static CudaPlan Lower(string name) =>
        CudaLowering.Lower(GeneratorRun.Valid(SnapshotTests.Sources[name]).Plans.Single());

    private static LayerKernels Run<TPass>(LayerKernels kernels) where TPass : ICudaPass, new() => new TPass().Run(kernels);

    private static T Single<T>(EquatableArray<KernelNode> nodes, string map) where T : GemmTile =>
        nodes.OfType<TileKernel>().Select(static k => k.Single).OfType<T>().Single(g => (g as LinearForward)?.Maps[0].Matrix.Name == map
            || (g as LinearInputGradient)?.Maps[0].Matrix.Name == map);

    private static LayerKernels TwoMaps(int width)
    {
        var input = new Value("input", width);
        Value hidden = new("hidden", width, 0, 0, 0);
        return Layer(Map("a", input, hidden), Map("b", hidden, new("output", width)));
    }

    private static LayerKernels Activated()
    {
        Value argument = Inner("argument", 0), hidden = Inner("hidden", 1);
        return Layer(Map("a", Input, argument), new Activate(argument, hidden, "Gelu"), Map("b", hidden, Output));
    }

    private static Value Inner(string name, int index) => new(name, Width, index * 16, index * 16, index * 16);

    private static Linear Map(string name, Value input, Value output, Value? residual = null) => new(
        input, output, residual, new ParameterMatrix(name, Parameter(output.Width, input.Width), Parameter(1, output.Width)), new(0, 0),
        new(0, 0), IsCompressible: false);

    private static Normalize Norm(Value input, Value output) =>
        new(input, output, Parameter(1, input.Width), Parameter(1, input.Width), StatisticsMemory);

    private static Parameter Parameter(int rows, int columns)
    {
        var parameter = new Parameter("p", rows, columns, rows > 1, offset, Model.Initialization.Zeros, 0, true);
        offset += parameter.Floats;
        return parameter;
    }

    /// <summary>A lowered layer of these operations; each knows which gradients a later one has already written.</summary>
    private static LayerKernels Layer(params Operation[] operations)
    {
        var begun = new HashSet<string>(StringComparer.Ordinal);
        OperationStep[] steps = [.. operations.Reverse()
            .Select(o => new OperationStep(o, new(o.Inputs.Select(v => !begun.Add(v.Name)).ToArray()))).Reverse()];
        int width = operations[0].Inputs[0].Width;
        var none = new StridedRegion(0, 0);
        return LayerKernels.Of(new(
            "Layer", "layer", null, "", 1, width, width, false, none, none, none, none, none, none, 0, 0, new([]), new([]), new(steps)));
    }
}
