using System.ComponentModel;

namespace AarenGen;

/// <summary>Implemented by generated code: how the runtime learns of a model and makes one.</summary>
/// <typeparam name="TSelf">The model.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IModelDefinition<TSelf> where TSelf : SequenceModel<TSelf>, IModelDefinition<TSelf>
{
    /// <summary>The plan of the model.</summary>
    static abstract ModelDescription Describe();

    /// <summary>A model that has no memory for weights yet.</summary>
    static abstract TSelf Empty();
}
