using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>
/// The block of all mixers: mixer and feed-forward network (exact GELU), each with a residual and a LayerNorm before it or
/// after the sum. Models with different mixer attributes differ only in the mixer.
/// </summary>
internal static class ResidualBlock
{
    public static int Repeat(ComponentDeclaration component, DiagnosticBag diagnostics) =>
        component.Has("Repeat") ? diagnostics.InRange(component, "Repeat", 1, Limits.Repeat) : 1;

    /// <summary>Plans the block; <paramref name="mix"/> plans the mixer up to what its output projection reads.</summary>
    public static void Plan(ComponentDeclaration component, LayerBuilder layer, string mixerSummary, Func<Value, Value> mix)
    {
        Value input = layer.Input;
        int width = input.Width;
        int hidden = component.Has("FeedForward") ? layer.InRange(component, "FeedForward", 1, Limits.Width) : 4 * width;
        bool isPost = layer.Choice(component, "Norm", ["Pre", "Post"], [false, true]);
        double dropout = layer.Fraction(component, "Dropout");
        layer.Summary = $"{mixerSummary}, feed-forward {hidden}, {(isPost ? "post" : "pre")}-norm";

        Value sum = layer.Value("sum", width);
        if (isPost)
        {
            Project("mixer.o_proj", mix(input), "mixed", input, sum, 0);
            Value normalized = layer.Value("normalized", width);
            layer.Normalize("norm1", sum, normalized);
            Value total = layer.Value("total", width);
            Project("ffn2", Activate(normalized), "fed", normalized, total, 1);
            layer.Normalize("norm2", total, layer.Output(width));
        }
        else
        {
            Value normalizedInput = layer.Value("normalizedInput", width);
            layer.Normalize("norm1", input, normalizedInput);
            Project("mixer.o_proj", mix(normalizedInput), "mixed", input, sum, 0);
            Value normalizedSum = layer.Value("normalizedSum", width);
            layer.Normalize("norm2", sum, normalizedSum);
            Project("ffn2", Activate(normalizedSum), "fed", sum, layer.Output(width), 1);
        }

        Value Activate(Value from)
        {
            Value sums = layer.Value("hiddenSums", hidden);
            Value activations = layer.Value("hidden", hidden);
            layer.Linear("ffn1", from, sums);
            layer.Add(new Activate(sums, activations, "Gelu"));
            return activations;
        }

        // Without dropout the matrix multiplication adds the residual.
        void Project(string name, Value from, string branchName, Value residual, Value to, int salt)
        {
            if (dropout == 0)
            {
                layer.Linear(name, from, to, residual);
                return;
            }
            Value branch = layer.Branch(branchName, width, to.Name);
            layer.Linear(name, from, branch);
            layer.Add(new Dropout(branch, dropout, salt));
            layer.Add(new Residual(residual, branch, to));
        }
    }
}
