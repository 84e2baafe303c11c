namespace AarenGen;

/// <summary>A token is <paramref name="features"/> numbers.</summary>
/// <param name="features">Numbers in one token, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ContinuousAttribute(int features) : ModelPartAttribute
{
    /// <summary>Numbers in one token.</summary>
    public int Features { get; } = features;
}
