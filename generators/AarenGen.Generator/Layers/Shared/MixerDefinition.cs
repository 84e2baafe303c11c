using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>
/// A mixer, through which tokens see earlier ones, in the block that all mixers share: mixer and feed-forward network (exact GELU), each
/// with a residual and a LayerNorm before it or after the sum. Blocks of different attributes differ only in their mixer.
/// </summary>
internal abstract class MixerDefinition : LayerDefinition
{
    public sealed override bool IsBlock => true;

    public sealed override int Repeat(ComponentDeclaration component, DiagnosticBag diagnostics) =>
        component.Has("Repeat") ? diagnostics.InRange(component, "Repeat", 1, Limits.Repeat) : 1;

    public sealed override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        Value input = layer.Input;
        int width = input.Width;
        int hidden = component.Has("FeedForward") ? layer.InRange(component, "FeedForward", 1, Limits.Width) : 4 * width;
        bool isPost = layer.Choice(component, "Norm", ["Pre", "Post"], [false, true]);
        double dropout = layer.Fraction(component, "Dropout");
        int taps = component.Integer("Convolution", 0) == 0 ? 0 : layer.InRange(component, "Convolution", Limits.MinTaps, Limits.MaxTaps);

        Value sum = layer.Value("sum", width);
        if (isPost)
        {
            Project("mixer.o_proj", Mix(component, layer, Convolve(input)), "mixed", input, sum, 0);
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
            Project("mixer.o_proj", Mix(component, layer, Convolve(normalizedInput)), "mixed", input, sum, 0);
            Value normalizedSum = layer.Value("normalizedSum", width);
            layer.Normalize("norm2", sum, normalizedSum);
            Project("ffn2", Activate(normalizedSum), "fed", sum, layer.Output(width), 1);
        }
        layer.Summary += taps == 0 ? "" : $", convolution {taps}";
        layer.Summary += $", feed-forward {hidden}, {(isPost ? "post" : "pre")}-norm";

        Value Convolve(Value from)
        {
            if (taps == 0)
            {
                return from;
            }
            Value convolved = layer.Value("convolved", width);
            Convolution.Add(layer, "conv", from, convolved, taps);
            return convolved;
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

    /// <summary>
    /// Plans the mixer, and begins the layer's summary with what it is.
    /// </summary>
    /// <returns>What the block's output projection reads.</returns>
    protected abstract Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input);
}
