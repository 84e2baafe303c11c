namespace AarenGen.AspNetCore.Grpc;

/// <summary>The names that calls of gRPC may name.</summary>
internal sealed class ModelNames
{
    private readonly Dictionary<string, Type> names = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">The name, or the model, is there.</exception>
    public void Add(string name, Type model)
    {
        lock (names)
        {
            if (names.ContainsValue(model))
            {
                throw new InvalidOperationException($"The streams of {model.Name} were mapped to gRPC before; map each model once.");
            }
            if (!names.TryAdd(name, model))
            {
                throw new InvalidOperationException(
                    $"The streams of {names[name].Name} were mapped to gRPC as \"{name}\"; give those of {model.Name} another "
                    + $"{nameof(StreamEndpointOptions)}.{nameof(StreamEndpointOptions.Name)}.");
            }
        }
    }
}
