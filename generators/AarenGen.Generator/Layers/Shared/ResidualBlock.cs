using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Shared;

/// <summary>
/// The block all mixers share: mixer and feed-forward network (exact GELU), each with a residual and a LayerNorm before it or
/// after the sum. Models that differ by their mixer's attribute alone differ by nothing else.
/// </summary>
internal static class ResidualBlock
{
    public static int Repeat(PartDeclaration part, ProblemList problems) =>
        part.Has("Repeat") ? problems.InRange(part, "Repeat", 1, Limits.Repeat) : 1;

    public static void Plan(PartDeclaration part, LayerBuilder layer, string mixerSummary, Action<Value, Value> mix)
    {
        Value input = layer.Input;
        int width = input.Width;
        int hidden = part.Has("FeedForward") ? layer.InRange(part, "FeedForward", 1, Limits.Width) : 4 * width;
        bool isPost = layer.Choice(part, "Norm", ["Pre", "Post"], [false, true]);
        double dropout = layer.Share(part, "Dropout");
        layer.Summary = $"{mixerSummary}, feed-forward {hidden}, {(isPost ? "post" : "pre")}-norm";

        Value mixed = layer.Branch("mixed", width, "sum");
        Value sum = layer.Value("sum", width);
        if (isPost)
        {
            Mix(input);
            layer.Add(new Residual(input, mixed, sum));
            Value normalized = layer.Value("normalized", width);
            layer.Normalize("norm1", sum, normalized);
            Value fed = layer.Branch("fed", width, "total");
            Value total = layer.Value("total", width);
            Feed(normalized, fed);
            layer.Add(new Residual(normalized, fed, total));
            layer.Normalize("norm2", total, layer.Output(width));
        }
        else
        {
            Value normalized1 = layer.Value("normalizedInput", width);
            layer.Normalize("norm1", input, normalized1);
            Mix(normalized1);
            layer.Add(new Residual(input, mixed, sum));
            Value normalized2 = layer.Value("normalizedSum", width);
            layer.Normalize("norm2", sum, normalized2);
            Value fed = layer.Branch("fed", width, "output");
            Feed(normalized2, fed);
            layer.Add(new Residual(sum, fed, layer.Output(width)));
        }

        void Mix(Value from)
        {
            mix(from, mixed);
            Drop(mixed, 0);
        }

        void Feed(Value from, Value to)
        {
            Value sums = layer.Value("hiddenSums", hidden);
            Value activations = layer.Value("hidden", hidden);
            layer.Linear("ffn1", from, sums);
            layer.Add(new Activate(sums, activations, "Gelu"));
            layer.Linear("ffn2", activations, to);
            Drop(to, 1);
        }

        void Drop(Value branch, int salt)
        {
            if (dropout > 0)
            {
                layer.Add(new Dropout(branch, dropout, salt));
            }
        }
    }
}
