using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The row of a table that a category names.</summary>
internal sealed partial record Lookup(int Column, Parameter Table, Value Tokens, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override OperationDescription? Description =>
        OperationDescription.Of("Lookup", Output, Tokens).WithParameters(Table.Name).WithNumbers(Column);
}
