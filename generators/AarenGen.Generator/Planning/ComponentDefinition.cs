using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Planning;

/// <summary>What the generator knows of one attribute. Stateless.</summary>
internal abstract class ComponentDefinition
{
    /// <summary>The attribute's class without "Attribute".</summary>
    public abstract string Name { get; }
}

/// <summary>An input: some columns of a token, and how they are embedded.</summary>
internal abstract class InputDefinition : ComponentDefinition
{
    /// <summary>Columns of the token that it takes.</summary>
    public abstract int Columns(ComponentDeclaration component, DiagnosticBag diagnostics);

    /// <summary>Categories of its column; 0 where it holds numbers.</summary>
    public virtual int Cardinality(ComponentDeclaration component) => 0;

    /// <summary>Whether its columns hold plain numbers, which can be standardised and normalised.</summary>
    public virtual bool IsNumeric => false;

    /// <summary>What becomes of values that are missing in its columns.</summary>
    public virtual MissingValues Missing(ComponentDeclaration component, DiagnosticBag diagnostics) => MissingValues.Refuse;

    /// <summary>Whether the columns are the embedding as they are.</summary>
    public virtual bool IsRaw(ComponentDeclaration component) => false;

    /// <summary>Lowers the embedding of its columns.</summary>
    /// <param name="component">The declaration.</param>
    /// <param name="layer">The layer of all inputs.</param>
    /// <param name="name">What its parameters and values are called.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="columns">Where the tokens have its columns.</param>
    /// <param name="width">The width it must have; 0 where it is free.</param>
    /// <param name="result">Makes the value of a width that the embedding is written to.</param>
    public abstract Value Embed(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, InputColumns columns, int width,
        Func<int, Value> result);
}

/// <summary>Says what the inputs together form: a token of all, or tokens of their own.</summary>
internal abstract class InputsDefinition : ComponentDefinition
{
}

/// <summary>
/// What a model is for. It takes the place of inputs, last layers and targets, which follow from the type of its records.
/// </summary>
internal abstract class TaskDefinition : ComponentDefinition
{
    /// <summary>The metadata name of the class that models with the task derive from.</summary>
    public abstract string BaseModel { get; }

    /// <summary>Derives inputs, layers and losses; null where the compiler rejects what the task says.</summary>
    /// <param name="task">The task.</param>
    /// <param name="declaration">All other components.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    public abstract DerivedModel? Derive(ComponentDeclaration task, Declaration declaration, DiagnosticBag diagnostics);
}

/// <summary>Says more of a task, which reads it.</summary>
internal abstract class TaskOptionDefinition : ComponentDefinition
{
}

/// <summary>Where a token has an input's columns.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Indicators">The first of the columns that say which of them are missing; null where there are none.</param>
internal readonly record struct InputColumns(int First, int? Indicators);

/// <summary>How samples become rows, before any layer.</summary>
internal abstract class PreprocessingDefinition : ComponentDefinition
{
    /// <summary>Whether it makes the features of a sample separate sequences.</summary>
    public virtual bool SplitsSamples => false;

    /// <summary>Whether it works beside inputs that are not plain numbers, or are embedded.</summary>
    public virtual bool AllowsOtherInputs(ComponentDeclaration component) => false;

    /// <param name="component">The declaration.</param>
    /// <param name="shape">The shape so far.</param>
    /// <param name="features">Plain numbers that a sample begins with.</param>
    /// <param name="diagnostics">Takes mistakes.</param>
    public abstract TokenShape Apply(ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics);
}

/// <summary>Begins a head.</summary>
internal abstract class HeadDefinition : ComponentDefinition
{
}

/// <summary>A layer: checks its arguments and lowers itself to operations.</summary>
internal abstract class LayerDefinition : ComponentDefinition
{
    /// <summary>Whether it is a block, named <c>blocks.N</c> in files.</summary>
    public virtual bool IsBlock => false;

    /// <summary>What it is called in files as the first layer of the trunk; null where it has no name of its own.</summary>
    public virtual string? NameAsFirst => null;

    /// <summary>The same as the last layer of a model without named heads.</summary>
    public virtual string? NameAsLast => null;

    /// <summary>Whether it makes one output of a whole sequence, so that its loss counts only at the last token.</summary>
    public virtual bool IsPerSequence => false;

    /// <summary>Whether every token of a stream weighs on its outputs for ever, however long the stream is.</summary>
    public virtual bool NeverForgets(ComponentDeclaration component) => false;

    public virtual int Repeat(ComponentDeclaration component, DiagnosticBag diagnostics) => 1;

    public abstract void Plan(ComponentDeclaration component, LayerBuilder layer);
}

/// <summary>The loss of the model or of one of its heads.</summary>
internal abstract class LossDefinition : ComponentDefinition
{
    /// <summary>Checks the arguments against the width of the outputs.</summary>
    public abstract Loss Plan(ComponentDeclaration component, int width, DiagnosticBag diagnostics);

    /// <summary>
    /// What each of the outputs' equal segments is to a normalised target: its parameters in order. Null where targets are no
    /// numbers that could be normalised.
    /// </summary>
    public abstract IReadOnlyList<ParameterRole>? Roles(ComponentDeclaration component);

    /// <summary>Whether it predicts a distribution, rather than a value alone.</summary>
    public virtual bool HasDistribution => true;
}
