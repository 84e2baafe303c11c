using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Input;

/// <summary>Some columns of the tokens.</summary>
internal sealed partial record ReadColumns(Value Tokens, int Column, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Tokens]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w) => w.Call(
        "Rows.Place", $"{Tokens.Name}.Slice({Column})", "rows", $"{Output.Width}", $"{Tokens.Stride}", Output.Name, "0", $"{Output.Stride}");

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        if (!accumulates[0])
        {
            w.Comment("columns that nobody reads have no gradient");
            w.Line($"{Tokens.GradientName}.Clear();");
        }
        w.Call("Rows.Accumulate", Output.GradientName, "rows", $"{Output.Width}", $"{Output.Stride}", Tokens.GradientName, $"{Column}", $"{Tokens.Stride}");
    }
}

/// <summary>The row of a table that a category names.</summary>
internal sealed partial record Lookup(int Column, Parameter Table, Value Tokens, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Table.Name}[category in column {Column}]");
        w.Call("Embedding.Lookup", Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", w.Weights(Table), $"{Output.Stride}", Output.Name);
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Embedding.Backward", Output.GradientName, Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", $"{Output.Stride}", w.Gradients(Table));
}

/// <summary>Sines and cosines of a real time.</summary>
internal sealed partial record EncodeTime(int Column, double LongestPeriod, Value Tokens, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 20L * Output.Width;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name}: sines and cosines of the time in column {Column}");
        w.Call(
            "Sinusoids.OfTimes", Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", $"{Output.Width}", $"{Output.Stride}",
            LongestPeriod.ToString("R", CultureInfo.InvariantCulture), Output.Name);
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}

/// <summary>Values side by side.</summary>
internal sealed partial record Join(EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => Pieces;

    public override long Flops => 0;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" | ", Pieces.Select(static p => p.Name))}");
        int offset = 0;
        foreach (Value piece in Pieces)
        {
            w.Call("Rows.Place", piece.Name, "rows", $"{piece.Width}", $"{piece.Stride}", Output.Name, $"{offset}", $"{Output.Stride}");
            offset += piece.Width;
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        int offset = 0;
        foreach (Value piece in Pieces)
        {
            w.Call(
                "Rows.Place", $"{Output.GradientName}.Slice({offset})", "rows", $"{piece.Width}", $"{Output.Stride}", piece.GradientName, "0",
                $"{piece.Stride}");
            offset += piece.Width;
        }
    }
}

/// <summary>The sum of values that feed nothing else: its gradient is theirs.</summary>
internal sealed partial record Sum(EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => (Pieces.Count - 1L) * Output.Width;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" + ", Pieces.Select(static p => p.Name))}");
        w.Line($"{Pieces[0].Name}.CopyTo({Output.Name});");
        foreach (Value piece in Pieces.Skip(1))
        {
            w.Call("Elementwise.Accumulate", piece.Name, Output.Name);
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}

/// <summary>Zeroes the tokens' gradient, to which each input then adds its own columns': categories and times have none.</summary>
internal sealed partial record BeginTokenGradient(Value Tokens) : Operation
{
    public override EquatableArray<Value> Inputs => new([Tokens]);

    public override long Flops => 0;

    public override bool IsInference => false;

    public override void Forward(LayerWriter w)
    {
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Line($"{Tokens.GradientName}.Clear();");
}
