using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>
/// How an operation prints C#: every operation implements this in X.CSharp.cs beside X.cs. The interfaces below are for forms that only
/// some operations print.
/// </summary>
internal interface ICSharpOperation
{
    /// <summary>Prints the operation for whole sequences, keeping what the backward pass needs.</summary>
    void Forward(LayerWriter w);

    /// <summary>Prints the backward pass: gradients of inputs and weights from the gradient of the output.</summary>
    /// <param name="w">Takes the statements.</param>
    /// <param name="accumulates">For each input whether its gradient is added to what later operations left there.</param>
    void Backward(LayerWriter w, EquatableArray<bool> accumulates);
}

/// <summary>An operation that runs on rows of streams in another way than on whole sequences.</summary>
internal interface ICSharpStreaming
{
    /// <summary>Prints the operation for rows of streams.</summary>
    void Infer(LayerWriter w);
}

/// <summary>
/// An operation that may print the same for rows of streams and for whole sequences. A layer of such operations has one method for both.
/// </summary>
internal interface ICSharpShared
{
    /// <summary>Whether it prints the same, and from rows and weights alone.</summary>
    bool IsShared { get; }
}

/// <summary>An operation that computes something of the weights whenever they change.</summary>
internal interface ICSharpWeights
{
    /// <summary>Prints what inference and training need.</summary>
    void Prepare(LayerWriter w);
}

/// <summary>An operation that computes more of the weights for training.</summary>
internal interface ICSharpTrainingWeights : ICSharpWeights
{
    /// <summary>Prints what only training needs.</summary>
    void PrepareTraining(LayerWriter w);
}

/// <summary>An operation whose weights are derived from parameters.</summary>
internal interface ICSharpDerivedWeights
{
    /// <summary>Prints how gradients of the derived weights reach the parameters, once an optimiser step.</summary>
    void BackpropagateDerivedWeights(LayerWriter w);
}

/// <summary>A recurrence whose states combine.</summary>
internal interface ICSharpScan
{
    /// <summary>Prints how the states after two chunks of a sequence, the later begun from nothing, become the state after both.</summary>
    void Combine(LayerWriter w);
}
