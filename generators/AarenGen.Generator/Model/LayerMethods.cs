namespace AarenGen.Generator.Model;

/// <summary>What a layer's methods are called: the layer's own name and these.</summary>
internal static class LayerMethods
{
    public const string Infer = "", Forward = "Forward", Backward = "Backward", Prepare = "Prepare", Finish = "Finish", Combine = "Combine";

    public static readonly string[] Suffixes = [Infer, Forward, Backward, Prepare, Finish, Combine];
}
