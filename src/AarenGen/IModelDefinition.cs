using System.ComponentModel;

namespace AarenGen;

/// <summary>
/// How the library describes and creates a model. Generated code implements it explicitly, so that only the library calls it.
/// </summary>
/// <typeparam name="TSelf">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IModelDefinition<TSelf> where TSelf : SequenceModel<TSelf>, IModelDefinition<TSelf>
{
    /// <summary>Describes the model.</summary>
    static abstract ModelDescription Describe();

    /// <summary>Describes what the layers compute, for packages that translate models to other forms.</summary>
    /// <returns>The layers of the trunk in order, then those of each head.</returns>
    static abstract IReadOnlyList<LayerDescription> DescribeLayers();

    /// <summary>Creates a model without memory for weights.</summary>
    static abstract TSelf Empty();
}
