using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints how the runtime makes a model, and what it knows of it.</summary>
internal static class DescriptionEmitter
{
    public static void Emit(CodeWriter code, Plan plan, TypeNames types)
    {
        string definition = $"{types.Runtime}IModelDefinition<{plan.Name}>";
        code.Summary("A model without memory for weights; callers use Create or Load.");
        using (code.Open($"private {plan.Name}()"))
        {
        }
        code.Line();
        code.Line($"static {plan.Name} {definition}.Empty() => new();");
        code.Line();
        code.Line($"static {types.Runtime}ModelDescription {definition}.Describe() => new()");
        using (code.OpenBlock(";"))
        {
            code.Line($"Name = \"{plan.Name.TrimStart('@')}\",");
            code.Line("Card =");
            foreach (string line in ModelCardEmitter.Expression(plan))
            {
                code.Line("    " + line);
            }
            code.Line($"Fingerprint = \"{plan.Fingerprint}\",");
            code.Line("InputWidth = InputWidth,");
            code.Line("OutputWidth = OutputWidth,");
            code.Line("TargetWidth = TargetWidth,");
            TokenShape shape = plan.Tokens;
            code.Line(
                $"Tokens = new(Channels: {Number(shape.Channels)}, PatchLength: {Number(shape.PatchLength)}, PatchStride: "
                    + $"{Number(shape.PatchStride)}, "
                + $"{types.Runtime}NormalizationSpan.{shape.Normalization}, Window: {Number(shape.Window)})"
                + (shape.Missing.Count > 0 ? ""
                    : shape.NormalizedColumns > 0 ? $" {{ NormalizedColumns = {Number(shape.NormalizedColumns)} }}," : ","));
            if (shape.Missing.Count > 0)
            {
                Missing(code, shape, types);
            }
            if (plan.Modalities > 1)
            {
                code.Line($"ModalityCount = {Number(plan.Modalities)},");
            }
            if (plan.Standardization is { } standardization)
            {
                Standardized(code, standardization, types);
            }
            Categories(code, plan, types);
            Heads(code, plan, types);
            code.Line("FlopsPerToken = FlopsPerToken,");
            Layout(code, plan, types);
        }
        code.Line();
        Layers(code, plan, types, definition);
    }

    /// <summary>What the layers compute, as data: in a method of its own, so that a program that never asks does not carry it.</summary>
    private static void Layers(CodeWriter code, Plan plan, TypeNames types, string definition)
    {
        string element = $"{types.Runtime}LayerDescription";
        code.Line(
            $"static global::System.Collections.Generic.IReadOnlyList<{element}> {definition}.DescribeLayers() => new {element}[]");
        using (code.OpenBlock(";"))
        {
            code.Line("// name, first block's number, blocks, head (-1: the trunk); of each operation the kind, the output, its width,");
            code.Line("// inputs, parameters, numbers");
            foreach (LayerPlan layer in plan.Trunk)
            {
                Operations(code, layer, -1);
            }
            for (int head = 0; head < plan.Heads.Count; head++)
            {
                foreach (LayerPlan layer in plan.Heads[head].Layers)
                {
                    Operations(code, layer, head);
                }
            }
        }
        code.Line();
    }

    private static void Operations(CodeWriter code, LayerPlan layer, int head)
    {
        const int Longest = 100;
        string number = layer.FirstNumber is { } first ? Number(first) : "null";
        code.Line($"new(\"{layer.Name}\", {number}, {Number(layer.Repeat)}, {Number(head)}, \"\"\"");
        using (code.Indent())
        {
            foreach (string line in layer.Operations.SelectMany(static s => s.Operation.Description?.Lines(Longest) ?? []))
            {
                code.Line(line);
            }
            code.Line("\"\"\"),");
        }
    }

    /// <summary>The initializer of a shape with columns whose values may be missing.</summary>
    private static void Missing(CodeWriter code, TokenShape shape, TypeNames types)
    {
        using CodeWriter.Block initializer = code.OpenBlock(",");
        if (shape.NormalizedColumns > 0)
        {
            code.Line($"NormalizedColumns = {Number(shape.NormalizedColumns)},");
        }
        code.Line($"Missing = new {types.Runtime}MissingColumns[]");
        using CodeWriter.Block columns = code.OpenBlock(",");
        code.Line("// first column, columns, modality, modalities, what becomes of them, the first of their indicators");
        foreach (MissingColumns m in shape.Missing)
        {
            code.Line(
                $"new({Number(m.First)}, {Number(m.Count)}, {Number(m.Kind)}, {Number(m.Kinds)}, "
                + $"{types.Runtime}MissingValues.{m.Handling}, {Number(m.Indicators)}),");
        }
    }

    private static void Standardized(CodeWriter code, StandardizationPlan standardization, TypeNames types)
    {
        string element = $"{types.Runtime}StandardizedColumns";
        code.Line($"Standardization = new({types.Runtime}Standardization.{standardization.Method}, new {element}[]");
        using (code.OpenBlock(standardization.PerSeries ? ") { PerSeries = true }," : "),"))
        {
            code.Line("// first column, columns, modality, modalities");
            foreach (StandardizedColumns c in standardization.Columns)
            {
                code.Line($"new({Number(c.First)}, {Number(c.Count)}, {Number(c.Kind)}, {Number(c.Kinds)}),");
            }
        }
    }

    private static void Categories(CodeWriter code, Plan plan, TypeNames types)
    {
        string element = $"{types.Runtime}CategoryDescription";
        if (plan.Categories.Count == 0)
        {
            code.Line($"Categories = new {element}[] {{ }},");
            return;
        }
        code.Line($"Categories = new {element}[]");
        using (code.OpenBlock(","))
        {
            code.Line("// column, cardinality, modality, modalities");
            foreach (Category c in plan.Categories)
            {
                code.Line($"new({Number(c.Column)}, {Number(c.Cardinality)}, {Number(c.Kind)}, {Number(c.Kinds)}),");
            }
        }
    }

    private static void Heads(CodeWriter code, Plan plan, TypeNames types)
    {
        code.Line($"Heads = new {types.Runtime}HeadDescription[]");
        using (code.OpenBlock(","))
        {
            code.Line(
                "// name, output offset and width, target offset and width, kind, classes, whether it is of a sequence, weight, loss");
            foreach (HeadPlan head in plan.Heads)
            {
                Loss loss = head.Loss;
                bool hasMore = loss.Levels.Count > 0 || head.Scaling.Count > 0;
                code.Line(
                    $"new(\"{head.Name ?? "output"}\", {Number(head.OutputOffset)}, {Number(head.OutputWidth)}, "
                        + $"{Number(head.TargetOffset)}, {Number(loss.TargetWidth)}, "
                    + $"{types.Runtime}TargetKind.{loss.TargetKind}, {Number(loss.Classes)}, {Bool(head.IsPerSequence)}, "
                    + $"{Literal.Double(head.Weight)}, {types.Runtime}LossKind.{loss.Kind}, {Text(loss.Summary)})"
                    + (hasMore ? "" : ","));
                if (hasMore)
                {
                    using CodeWriter.Block initializer = code.OpenBlock(",");
                    if (loss.Levels.Count > 0)
                    {
                        code.Line($"Levels = new float[] {{ {string.Join(", ", loss.Levels.Select(Literal.Float))} }},");
                    }
                    if (head.Scaling.Count > 0)
                    {
                        code.Line($"Scaling = {Scaling(head, types)},");
                    }
                }
            }
        }
    }

    /// <summary>What each of the outputs' segments is to the standardised targets.</summary>
    private static string Scaling(HeadPlan head, TypeNames types)
    {
        string scaling = $"{types.Runtime}OutputScaling";
        IEnumerable<string> segments = head.Scaling.Select(role => $"{scaling}.{(ParameterRole)role switch
        {
            ParameterRole.Location => "Location",
            ParameterRole.Scale => "Scale",
            _ => "Unaffected",
        }}");
        return $"new {scaling}[] {{ {string.Join(", ", segments)} }}";
    }

    private static void Layout(CodeWriter code, Plan plan, TypeNames types)
    {
        code.Line($"Layout = new {types.Runtime}ModelLayout(");
        using (code.Indent())
        {
            code.Line($"layers: new {types.Runtime}LayerLayout[]");
            using (code.OpenBlock(","))
            {
                code.Line("// name, first block's number, blocks, their distance in memory; of each parameter of the first block");
                code.Line("// name, shape, offset, how it starts, scale, whether it decays");
                foreach (LayerPlan layer in plan.Layers.Where(static l => l.Parameters.Count > 0))
                {
                    Parameters(code, layer);
                }
            }
            code.Line($"parameterFloats: {Number(plan.ParameterFloats)},");
            code.Line($"weightFloats: {Number(plan.WeightFloats)},");
            code.Line($"packedFloats: {Number(plan.PackedFloats)},");
            code.Line($"packedTrainingFloats: {Number(plan.PackedTrainingFloats)},");
            code.Line($"rowsPerPass: {Number(plan.RowsPerPass)},");
            code.Line($"scratchFloats: {Number(plan.ScratchFloats)},");
            code.Line("trainingFloatsPerToken: TrainingFloatsPerToken,");
            code.Line($"stateDoubles: {Number(plan.StateDoubles)},");
            code.Line($"sampleStateDoubles: {Number(plan.SampleStateDoubles)}),");
        }
    }

    private static void Parameters(CodeWriter code, LayerPlan layer)
    {
        string number = layer.FirstNumber is { } first ? Number(first) : "null";
        code.Line($"new(\"{layer.Name}\", {number}, {Number(layer.Repeat)}, {Number(layer.Weights.Stride)}, \"\"\"");
        using (code.Indent())
        {
            foreach (Parameter p in layer.Parameters)
            {
                string shape = p.IsMatrix ? $"{Number(p.Rows)}x{Number(p.Columns)}" : Number(p.Columns);
                code.Line(
                    $"{p.Name} {shape} {Number(layer.Weights.Offset + p.Offset)} {p.Initialization} {Single(p.Scale)}"
                    + (p.LastScale != 0 ? $"..{Single(p.LastScale)}" : "")
                    + (p.Decays ? " decays" : ""));
            }
            code.Line("\"\"\"),");
        }
    }

    /// <summary>A string literal, in several where it is long.</summary>
    private static string Text(string text)
    {
        const int Longest = 80;
        IEnumerable<int> starts = Enumerable.Range(0, Math.Max(1, (text.Length + Longest - 1) / Longest)).Select(static i => i * Longest);
        return string.Join(" + ", starts.Select(start => $"\"{text.Substring(start, Math.Min(Longest, text.Length - start))}\""));
    }
}
