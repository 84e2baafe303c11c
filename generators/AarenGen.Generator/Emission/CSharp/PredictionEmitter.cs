using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>
/// Prints the members that users need beside those of every model: trained weights, and the heads' outputs as predictions.
/// </summary>
internal static class PredictionEmitter
{
    public static void Emit(CodeWriter code, Plan plan, TypeNames types)
    {
        if (plan.WeightsFile is { } file)
        {
            Trained(code, plan, types, file);
        }
        foreach (HeadPlan head in plan.Heads)
        {
            Prediction(code, plan, types, head);
        }
    }

    /// <summary>The model with the weights of an embedded file.</summary>
    private static void Trained(CodeWriter code, Plan plan, TypeNames types, string file)
    {
        code.Line($"private static readonly global::System.Lazy<{plan.Name}> trained = new(static () => LoadEmbedded(\"{file}\"));");
        code.Line();
        code.Summary($"The model with the weights of {file}, which the assembly embeds: loaded when first used, the same for all threads.");
        code.Line($"/// <exception cref=\"{types.Runtime}ModelFileException\">The file is not embedded, is damaged, or does not "
            + $"fit.</exception>");
        code.Line($"public static {plan.Name} Trained => trained.Value;");
        code.Line();
    }

    private static void Prediction(CodeWriter code, Plan plan, TypeNames types, HeadPlan head)
    {
        bool hasChannels = plan.Tokens.Channels > 1;
        string subject = head.Name is null ? "the prediction" : $"what head {head.Name} predicts";
        code.Summary($"Reads {subject}{(hasChannels ? " of a channel" : "")} from the output of one token: {head.Loss.Summary}.");
        code.Line("/// <param name=\"output\">OutputWidth numbers, as Step and Forward write them; not copied.</param>");
        if (hasChannels)
        {
            code.Line($"/// <param name=\"channel\">The channel, 0 to {Number(plan.Tokens.Channels - 1)}.</param>");
        }
        string method = Identifier.Escape(head.Name ?? HeadPlan.UnnamedMethod);
        string offset = !hasChannels ? Number(head.OutputOffset)
            : LayerWriter.Times("channel", plan.RowOutputWidth) + (head.OutputOffset > 0 ? $" + {Number(head.OutputOffset)}" : "");
        string arguments = head.Loss.PredictionArguments.Length == 0 ? "" : ", " + head.Loss.PredictionArguments;
        string prediction = $"new(output.Slice({offset}, {Number(head.OutputWidth)}){arguments});";
        string signature = $"public static {types.Runtime}{head.Loss.Prediction} {method}({types.ReadOnlySpan} output";
        if (!hasChannels)
        {
            code.Line($"{signature}) => {prediction}");
        }
        else
        {
            using (code.Open($"{signature}, int channel)"))
            {
                code.Line("global::System.ArgumentOutOfRangeException.ThrowIfNegative(channel);");
                code.Line(
                    $"global::System.ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, {Number(plan.Tokens.Channels)});");
                code.Line("return " + prediction);
            }
        }
        code.Line();
    }
}
