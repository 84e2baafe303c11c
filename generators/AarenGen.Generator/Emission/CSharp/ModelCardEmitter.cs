using AarenGen.Generator.Model;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Prints what a reader sees of a model first: its card as documentation, and its sizes as constants.</summary>
internal static class ModelCardEmitter
{
    public static void Documentation(CodeWriter code, Plan plan)
    {
        string[] lines = plan.Card.Split('\n');
        code.Summary(lines[0] + ".");
        code.Line("/// <remarks><code>");
        foreach (string line in lines.Skip(2))
        {
            code.Line("/// " + CodeWriter.Escape(line));
        }
        code.Line("/// </code></remarks>");
    }

    /// <summary>The card as an expression: one literal a line, joined by the compiler.</summary>
    public static IEnumerable<string> Expression(Plan plan)
    {
        const int Longest = 90;
        string card = plan.Card;
        for (int start = 0; start < card.Length;)
        {
            int end = card.IndexOf('\n', start) is >= 0 and var feed ? feed : card.Length - 1;
            while (end + 1 < card.Length && card[end + 1] == '\n')
            {
                end++;
            }
            int next = Math.Min(end + 1, start + Longest);
            if (next < card.Length && char.IsLowSurrogate(card[next]))
            {
                next++;
            }
            string piece = card.Substring(start, next - start).Replace("\n", "\\n");
            yield return $"{(start == 0 ? "" : "+ ")}\"{piece}\"{(next == card.Length ? "," : "")}";
            start = next;
        }
    }

    public static void Constants(CodeWriter code, Plan plan)
    {
        Constant("int", "InputWidth", plan.InputWidth, "Numbers in one token.");
        Constant("int", "OutputWidth", plan.OutputWidth, "Numbers in the output of one token.");
        Constant("int", "TargetWidth", plan.TargetWidth, "Numbers in the target of one token.");
        Constant("long", "ParameterCount", plan.ParameterCount, "Trainable numbers.");
        Constant("long", "StateBytes", (long)plan.StateDoubles * sizeof(double), "Bytes of a stream's state, however long the stream is.");
        Constant(
            "long", "FlopsPerToken", plan.FlopsPerToken, "Floating-point operations of one streamed token, a multiply-add counting two.");
        code.Summary("Floats of working memory that training needs for each token of a pass.");
        code.Line($"private const int TrainingFloatsPerToken = {Number(plan.TrainingFloatsPerToken)};");
        code.Line();

        void Constant(string type, string name, long value, string summary)
        {
            code.Summary(summary);
            code.Line($"public const {type} {name} = {Number(value)};");
            code.Line();
        }
    }
}
