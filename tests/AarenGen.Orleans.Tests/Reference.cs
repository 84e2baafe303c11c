using AarenGen.Serving;

namespace AarenGen.Orleans.Tests;

/// <summary>What one process that sees all tokens computes.</summary>
internal sealed class Reference(SmallModel model)
{
    public const int InputWidth = 3, OutputWidth = 2;

    private readonly Dictionary<string, StreamState<SmallModel>> states = [];
    private readonly Dictionary<string, float[]> last = [];

    /// <summary>The token of this number of a stream.</summary>
    public static float[] Token(string id, long sequence)
    {
        var random = new Random((int)(StableHash(id) * 31 + sequence));
        return [random.NextSingle() * 2 - 1, random.NextSingle() * 2 - 1, random.NextSingle() * 2 - 1];
    }

    /// <summary>The output of a stream's next token.</summary>
    public float[] Step(string id, float[] token)
    {
        if (!states.TryGetValue(id, out StreamState<SmallModel>? state))
        {
            states[id] = state = model.CreateState();
        }
        var output = new float[OutputWidth];
        model.Step(state, token, output);
        return last[id] = output;
    }

    /// <summary>The output of a stream's last token.</summary>
    public float[] LastOutput(string id) => last[id];

    public void Forget(string id) => states.Remove(id);

    private static uint StableHash(string id) => id.Aggregate(17u, static (h, c) => h * 31 + c);
}
