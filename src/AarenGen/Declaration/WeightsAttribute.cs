namespace AarenGen;

/// <summary>
/// Compiles a trained model into the assembly: the class gets a static property <c>Trained</c>, which is the model with the weights of a
/// file that the project embeds.
/// </summary>
/// <remarks>
/// <para>Embed the file in the project: <c>&lt;EmbeddedResource Include="load.safetensors" /&gt;</c>. If it is
/// missing, the first use of <c>Trained</c> throws an exception that says so.</para>
/// <para>A file of <c>SaveCompiled</c> is used in the assembly's memory, without a copy. A file of <c>Save</c> or of PyTorch is copied and
/// packed at its first use.</para>
/// </remarks>
/// <param name="file">The embedded file's name, such as <c>load.safetensors</c>, without its folder.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WeightsAttribute(string file) : Attribute
{
    /// <summary>The embedded file's name.</summary>
    public string File { get; } = file;
}
