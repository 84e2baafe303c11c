using AarenGen.Generator.Emission.CSharp;

namespace AarenGen.Generator.Model;

/// <summary>
/// One step of a layer, on rows of values: what it reads and writes, what it costs, and how it is printed. Everything it prints
/// was decided when it was made.
/// </summary>
internal abstract record Operation
{
    /// <summary>The values it reads and sends gradients to.</summary>
    public abstract EquatableArray<Value> Inputs { get; }

    /// <summary>Floating-point operations a token, a multiply-add counting two.</summary>
    public abstract long Flops { get; }

    /// <summary>Whether inference runs it.</summary>
    public virtual bool IsInference => true;

    /// <summary>Whether its inputs are values of the pass, rather than weights alone.</summary>
    public virtual bool IsPerToken => true;

    /// <summary>Prints what has to happen once after the parameters changed.</summary>
    public virtual void Prepare(LayerWriter writer)
    {
    }

    /// <summary>Prints what training needs beside that.</summary>
    public virtual void PrepareTraining(LayerWriter writer)
    {
    }

    /// <summary>Prints the operation for rows of streams.</summary>
    public virtual void Infer(LayerWriter writer) => Forward(writer);

    /// <summary>Prints the operation for whole sequences, keeping what the way back needs.</summary>
    public abstract void Forward(LayerWriter writer);

    /// <summary>Prints the way back: gradients of inputs and weights from the gradient of the output.</summary>
    public abstract void Backward(LayerWriter writer, EquatableArray<bool> accumulates);

    /// <summary>Prints how gradients of derived weights reach the parameters, once a step.</summary>
    public virtual void FinishGradients(LayerWriter writer)
    {
    }
}

/// <summary>
/// An operation that remembers something of a stream and is associative: what it remembers after two stretches follows from what it
/// remembers after each alone, so that parts of one sequence can be run side by side.
/// </summary>
internal abstract record AssociativeRecurrence : Operation
{
    /// <summary>The value it writes.</summary>
    public abstract Value Output { get; init; }

    /// <summary>Doubles of a stream's state.</summary>
    public abstract int StateDoubles { get; }

    /// <summary>Prints how the states after two stretches, the later begun from nothing, become the state after both.</summary>
    public abstract void Combine(LayerWriter writer);
}
