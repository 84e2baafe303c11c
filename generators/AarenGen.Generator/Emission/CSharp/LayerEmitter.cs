using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints a layer's methods, each for one of its blocks.</summary>
internal sealed class LayerEmitter(CodeWriter code, Plan plan, LayerPlan layer, TypeNames types)
{
    private const string SharedArguments = "rows, pass.Weights, pass.Packed";

    /// <summary>Whether the layer has anything to do when the weights change.</summary>
    public static bool Prepares(LayerPlan layer) => layer.Operations.Any(static s => s.Operation is ICSharpWeights);

    /// <summary>Whether the layer has weights that are derived from parameters.</summary>
    public static bool DerivesWeights(LayerPlan layer) => layer.Operations.Any(static s => s.Operation is ICSharpDerivedWeights);

    /// <summary>Whether one method serves inference and the forward pass of training.</summary>
    public static bool IsShared(LayerPlan layer) =>
        layer.Values.Count == 0 && layer.Operations.All(static s => s.Operation is ICSharpShared { IsShared: true });

    /// <summary>A call of the layer's method for inference; the number of rows is in a variable.</summary>
    public static string InferCall(LayerPlan layer, string block, string input, string output) =>
        $"{layer.Method}{LayerMethods.Infer}({(IsShared(layer) ? SharedArguments : "pass")}{block}, {input}, {output});";

    /// <summary>A call of the layer's method for training's forward pass; the number of rows is in a variable.</summary>
    public static string ForwardCall(LayerPlan layer, string input, string output) => IsShared(layer)
        ? InferCall(layer, BlockArgument(layer), input, output)
        : $"{layer.Method}{LayerMethods.Forward}(pass{BlockArgument(layer)}, {input}, {output});";

    public static string BlockArgument(LayerPlan layer) => layer.Repeat > 1 ? ", block" : "";

    public static string BlockParameter(LayerPlan layer) => layer.Repeat > 1 ? ", int block" : "";

    public void Emit()
    {
        if (Prepares(layer))
        {
            Prepare();
        }
        if (IsShared(layer))
        {
            InferAndForward();
        }
        else
        {
            Infer();
            Forward();
        }
        Backward();
        if (DerivesWeights(layer))
        {
            BackpropagateDerivedWeights();
        }
    }

    /// <summary>Prints how the states after two chunks of a sequence combine.</summary>
    public void Combine() => Method(
        $"{layer.Name}: the state after two chunks of a sequence, the later begun from nothing.", LayerMethods.Combine,
        (layer.Recurrences.Count > 1 ? "int recurrence, " : "")
            + "global::System.Span<double> earlier, global::System.ReadOnlySpan<double> later" + BlockParameter(layer),
        LayerMethodKind.Combine,
        w =>
        {
            IReadOnlyList<AssociativeRecurrence> recurrences = layer.Recurrences;
            for (int i = 0; i < recurrences.Count; i++)
            {
                using CodeWriter.Block? block = recurrences.Count > 1 ? w.Open($"if (recurrence == {Number(i)})") : null;
                ((ICSharpScan)recurrences[i]).Combine(w);
            }
        });

    private void Prepare()
    {
        ICSharpWeights[] operations = [.. layer.Operations.Select(static s => s.Operation).OfType<ICSharpWeights>()];
        Method(
            $"{layer.Name}: derives weights and packs matrices.", LayerMethods.Prepare,
            $"{types.Span} weights, {types.Span} packed, {types.Runtime}WeightPrecision precision, bool training{BlockParameter(layer)}",
            LayerMethodKind.Prepare,
            w =>
            {
                foreach (ICSharpWeights operation in operations)
                {
                    operation.Prepare(w);
                }
                ICSharpTrainingWeights[] inTraining = [.. operations.OfType<ICSharpTrainingWeights>()];
                if (inTraining.Length == 0)
                {
                    return;
                }
                using (w.Open("if (training)"))
                {
                    w.Inner(inner =>
                    {
                        foreach (ICSharpTrainingWeights operation in inTraining)
                        {
                            operation.PrepareTraining(inner);
                        }
                    });
                }
            });
    }

    private void InferAndForward() => Method(
        $"{layer.Name}: {layer.Summary}. Rows of streams or sequences: [rows, {Number(layer.InputWidth)}] to "
            + $"[rows, {Number(layer.OutputWidth)}].",
        LayerMethods.Infer,
        $"int rows, {types.ReadOnlySpan} weights, {types.ReadOnlySpan} packed{BlockParameter(layer)}, {types.ReadOnlySpan} input, "
            + $"{types.Span} output",
        LayerMethodKind.Shared, Forward);

    private void Infer() => Method(
        $"{layer.Name}: {layer.Summary}. Rows of streams: [rows, {Number(layer.InputWidth)}] to [rows, {Number(layer.OutputWidth)}].",
        LayerMethods.Infer,
        $"{types.InferencePass}{BlockParameter(layer)}, {types.ReadOnlySpan} input, {types.Span} output", LayerMethodKind.Infer,
        w =>
        {
            int recurrences = 0;
            Operation last = layer.Operations[layer.Operations.Count - 1].Operation;
            foreach (Operation operation in layer.Operations.Select(static s => s.Operation).Where(static o => o.IsInference))
            {
                if (operation is ICSharpStreaming streaming)
                {
                    streaming.Infer(w);
                }
                else
                {
                    ((ICSharpOperation)operation).Forward(w);
                }
                if (plan.CanScan && operation is AssociativeRecurrence && operation != last)
                {
                    using (w.Open($"if (pass.LastRecurrence == {Number(recurrences)})"))
                    {
                        w.Comment("A prefix scan first needs the state alone.");
                        w.Line("return;");
                    }
                    recurrences++;
                }
            }
        });

    private void Forward() => Method(
        $"{layer.Name}, training: the forward pass of whole sequences, which keeps what the backward pass needs.", LayerMethods.Forward,
        $"{types.TrainingPass}{BlockParameter(layer)}, {types.ReadOnlySpan} input, {types.Span} output", LayerMethodKind.Train, Forward);

    private void Forward(LayerWriter w)
    {
        foreach (OperationStep step in layer.Operations)
        {
            ((ICSharpOperation)step.Operation).Forward(w);
        }
    }

    private void Backward() => Method(
        $"{layer.Name}, training: adds the gradients of the weights and overwrites the gradient of the input.", LayerMethods.Backward,
        $"{types.TrainingPass}{BlockParameter(layer)}, {types.ReadOnlySpan} input, {types.Span} outputGradient, {types.Span} inputGradient",
        LayerMethodKind.Train,
        w =>
        {
            foreach (OperationStep step in layer.Operations.Reverse())
            {
                ((ICSharpOperation)step.Operation).Backward(w, step.Accumulates);
            }
        });

    private void BackpropagateDerivedWeights() => Method(
        $"{layer.Name}: sends the gradients of derived weights back to the parameters.", LayerMethods.Finish,
        $"{types.ReadOnlySpan} weights, {types.Span} gradients{BlockParameter(layer)}", LayerMethodKind.BackpropagateDerivedWeights,
        w =>
        {
            foreach (ICSharpDerivedWeights operation in layer.Operations.Select(static s => s.Operation).OfType<ICSharpDerivedWeights>())
            {
                operation.BackpropagateDerivedWeights(w);
            }
        });

    private void Method(string summary, string suffix, string parameters, LayerMethodKind kind, Action<LayerWriter> print)
    {
        code.Line();
        code.Summary(summary);
        using (code.Open($"private static void {layer.Method}{suffix}({parameters})"))
        {
            var writer = new LayerWriter(code.Nested(), layer, kind, types);
            print(writer);
            writer.Complete(code);
        }
    }
}
