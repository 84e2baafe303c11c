using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record EncodeTime : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name}: sines and cosines of the time in column {Column}");
        w.Call(
            "Sinusoids.OfTimes", Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", $"{Output.Width}", $"{Output.Stride}",
            LongestPeriod.ToString("R", CultureInfo.InvariantCulture), Output.Name);
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
