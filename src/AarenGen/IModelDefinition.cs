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

    /// <summary>Creates a model without memory for weights.</summary>
    static abstract TSelf Empty();
}
