using System.ComponentModel;

namespace AarenGen;

/// <summary>How the library knows a model's classes. Generated code implements it explicitly.</summary>
/// <typeparam name="TLabel">The type of labels.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IClassificationDefinition<TLabel> where TLabel : notnull
{
    /// <summary>The labels: that of class i is number i. Each is there once.</summary>
    static abstract IReadOnlyList<TLabel> Labels { get; }
}
