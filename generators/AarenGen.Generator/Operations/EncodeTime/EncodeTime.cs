using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Sines and cosines of a real time.</summary>
internal sealed partial record EncodeTime(int Column, double LongestPeriod, Value Tokens, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 20L * Output.Width;

    public override OperationDescription? Description =>
        OperationDescription.Of("EncodeTime", Output, Tokens).WithNumbers(Column, LongestPeriod);
}
