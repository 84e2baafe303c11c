using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

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
