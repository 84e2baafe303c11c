namespace AarenGen;

/// <summary>
/// Compiles a trained model into the assembly: the class gets a static property <c>Trained</c>, the model with the weights of a file
/// that the project embeds.
/// </summary>
/// <remarks>
/// <para>Embed the file in the project: <c>&lt;EmbeddedResource Include="load.safetensors" /&gt;</c>. The first use of <c>Trained</c> says
/// so where it is missing.</para>
/// <para>A file of <c>SaveCompiled</c> is used where it lies in the assembly, without a copy; one of <c>Save</c>, or of PyTorch, is copied
/// and packed when it is first used.</para>
/// </remarks>
/// <param name="file">The embedded file's name, such as <c>load.safetensors</c>, without its folder.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WeightsAttribute(string file) : Attribute
{
    /// <summary>The embedded file's name.</summary>
    public string File { get; } = file;
}
