using AarenGen.Generator.Emission.Cuda;

namespace AarenGen.Generator.Operations;

/// <summary>The gradient by the tokens, which training itself has no use for.</summary>
internal static class TokenGradients
{
    public static void SkipUnlessWanted(KernelWriter w)
    {
        using (w.Open("if (!pass.settings->tokenGradients)"))
        {
            w.Line("return;");
        }
    }
}
