using AarenGen.Generator.Model;

namespace AarenGen.Generator.Lowering.Reference;

/// <summary>From a plan to the reference program of its model. Only tests use it; nothing of it gets into generated code.</summary>
internal sealed class ReferenceLowering
{
    private readonly List<ReferenceLaunch> launches = [];
    private long rowDoubles, workDoubles;

    private ReferenceLowering()
    {
    }

    /// <summary>The reference program of a plan whose operations and losses all have reference kernels.</summary>
    public static ReferenceProgram Lower(Plan plan) => new ReferenceLowering().Run(plan);

    private ReferenceProgram Run(Plan plan)
    {
        var backward = new List<ReferenceLaunch>();
        BufferArgument trunk = Chain(plan.Trunk, new(ReferenceBuffer.Tokens), backward);
        List<long> outputs = [];
        for (int i = 0; i < plan.Heads.Count; i++)
        {
            HeadPlan head = plan.Heads[i];
            var own = new List<ReferenceLaunch>();
            BufferArgument output = Chain(head.Layers, trunk, own);
            // Losses and heads add to the gradient of the trunk's output, before the trunk's own backward pass.
            own.Insert(0, LossKernels.Lower(head, i, plan.RowTargetWidth, output));
            backward.InsertRange(0, own);
            outputs.Add(output.Offset);
        }
        return new(
            new(launches.Concat(backward)), rowDoubles, workDoubles, new(outputs), plan.ParameterFloats, new(plan.DecayRuns));
    }

    /// <summary>Layers one after the other; their backward pass goes before that of what comes before them.</summary>
    private BufferArgument Chain(EquatableArray<LayerPlan> layers, BufferArgument input, List<ReferenceLaunch> backward)
    {
        foreach (LayerPlan layer in layers)
        {
            for (int block = 0; block < layer.Repeat; block++)
            {
                var output = new BufferArgument(ReferenceBuffer.Values, AllocateRows(layer.OutputWidth), IsPerRow: true);
                var scope = new ReferenceScope(layer, block, input, output, AllocateRows, AllocateWork);
                ILowersToReference[] operations = [.. layer.Operations.Select(static s => (ILowersToReference)s.Operation)];
                launches.AddRange(operations.SelectMany(o => o.ReferenceForward(scope)));
                backward.InsertRange(0, Enumerable.Reverse(operations).SelectMany(o => o.ReferenceBackward(scope)));
                input = output;
            }
        }
        return input;
    }

    private long AllocateRows(int perRow)
    {
        long first = rowDoubles;
        rowDoubles += perRow;
        return first;
    }

    private long AllocateWork(int count)
    {
        long first = workDoubles;
        workDoubles += count;
        return first;
    }
}
