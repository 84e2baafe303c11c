using System.ComponentModel;

namespace AarenGen;

/// <summary>How the library knows a model's events. Generated code implements it explicitly.</summary>
/// <typeparam name="TNext">The typed view of what is predicted of the next event.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IEventDefinition<TNext> where TNext : struct
{
    /// <summary>What is predicted from what.</summary>
    static abstract EventTask Task { get; }

    /// <summary>Views what is predicted.</summary>
    /// <param name="output">The outputs.</param>
    static abstract TNext View(EventOutput output);
}
