using System.Runtime.InteropServices;

namespace AarenGen.Serving.Tests;

/// <summary>Calls of pools and services, with arrays of their own.</summary>
internal static class PoolCalls
{
    public static async Task<(StepResult[] Results, float[][] Outputs)> Step<TModel>(
        this StreamPool<TModel> pool, params (string Id, long Sequence, float[] Token)[] tokens)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int width = SequenceModel<TModel>.Description.OutputWidth;
        var results = new StepResult[tokens.Length];
        var outputs = new float[tokens.Length * width];
        await pool.StepManyAsync(
            (string[])[.. tokens.Select(static t => t.Id)], (float[])[.. tokens.SelectMany(static t => t.Token)], outputs, results,
            (long[])[.. tokens.Select(static t => t.Sequence)]);
        return (results, [.. outputs.Chunk(width)]);
    }

    public static async Task<(StepResult[] Results, float[][] Outputs)> Step<TModel>(
        this StreamService<TModel> service, params (string Id, long Sequence, float[] Token)[] tokens)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int width = SequenceModel<TModel>.Description.OutputWidth;
        var results = new StepResult[tokens.Length];
        var outputs = new float[tokens.Length * width];
        await service.StepManyAsync(
            (string[])[.. tokens.Select(static t => t.Id)], (float[])[.. tokens.SelectMany(static t => t.Token)], outputs, results,
            (long[])[.. tokens.Select(static t => t.Sequence)]);
        return (results, [.. outputs.Chunk(width)]);
    }

    /// <summary>The output of a token that a pool must have read.</summary>
    public static async Task<float[]> StepOne<TModel>(this StreamPool<TModel> pool, string id, long sequence, float[] token)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        (StepResult[] results, float[][] outputs) = await pool.Step((id, sequence, token));
        Assert.Equal((StepStatus.Accepted, null), (results[0].Status, results[0].Message));
        return outputs[0];
    }

    public static bool AreSame(ReadOnlySpan<float> one, ReadOnlySpan<float> other) =>
        MemoryMarshal.AsBytes(one).SequenceEqual(MemoryMarshal.AsBytes(other));

    public static void AssertSame(float[] expected, float[] actual) => Assert.Equal(
        MemoryMarshal.Cast<float, int>(expected).ToArray(), MemoryMarshal.Cast<float, int>(actual).ToArray());
}
