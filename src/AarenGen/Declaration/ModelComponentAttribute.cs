namespace AarenGen;

/// <summary>A component of a <see cref="SequenceModelAttribute">sequence model</see>: an input, a layer or a loss.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public abstract class ModelComponentAttribute : Attribute;

/// <summary>A layer: it maps each token's row of values to another row, and may keep state.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public abstract class LayerAttribute : ModelComponentAttribute
{
    /// <summary>
    /// The name of the layer's parameters in saved files. By default a first <c>Dense</c> is <c>embed</c>, a last one
    /// <c>head</c>, blocks are <c>blocks.0</c>, <c>blocks.1</c>, …, and any other layer is <c>layers.N</c>, N being its
    /// position among the layers, from 0. Letters, digits, underscores and dots; a layer repeated is <c>NAME.0</c>, <c>NAME.1</c>, ….
    /// </summary>
    public string? Name { get; set; }
}
