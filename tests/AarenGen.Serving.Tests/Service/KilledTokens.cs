using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace AarenGen.Serving.Tests;

/// <summary>Streams of tokens, which begin anew with other weights.</summary>
internal sealed class KilledTokens : KilledStreams<SmallModel>
{
    private const WeightChange Policy = WeightChange.Reset;

    private readonly StreamOracle<SmallModel> oracle;
    private StreamService<SmallModel> service = null!;

    public KilledTokens() : base(Policy) => oracle = new(FirstOracleModel, Policy, 0);

    public override ValueTask DisposeAsync() => service.DisposeAsync();

    protected override async Task StartAsync(SmallModel model, IStreamStore store, StreamServiceOptions options) =>
        service = await StreamService<SmallModel>.StartAsync(model, store, options);

    protected override Task UseAsync(SmallModel model) => service.UseModelAsync(model);

    protected override async Task<ulong[]> StepAsync(IReadOnlyList<(int Stream, long Number)> steps)
    {
        (StepResult[] results, float[][] outputs) = await service.Step(
            [.. steps.Select(s => (IdOf(s.Stream), SequenceOf(s.Stream, s.Number), TokenOf(s.Stream, s.Number)))]);
        Assert.All(results, static r => Assert.True(r.HasOutput, r.Message));
        return Array.ConvertAll(outputs, static o => HashOf(o));
    }

    protected override Task ResetAsync(string id) => service.ResetAsync(id).AsTask();

    protected override Task RemoveAsync(string id) => service.RemoveAsync([id]).AsTask();

    protected override async Task<(StreamInfo Info, ulong Output)?> FindAsync(string id)
    {
        var output = new float[SmallModel.OutputWidth];
        return await service.FindAsync(id, output) is { } info ? (info, HashOf(output)) : null;
    }

    protected override void UseOracle(SmallModel model) => oracle.Use(model);

    protected override void StepOracle(int stream, long number) => oracle.Accept(IdOf(stream), TokenOf(stream, number));

    protected override void ResetOracle(string id) => oracle.Reset(id);

    protected override void RemoveOracle(string id) => oracle.Remove(id);

    protected override (long Sequence, ulong Output)? FindOracle(string id) =>
        oracle.SequenceOf(id) is > 0 and var sequence ? (sequence, HashOf(oracle.OutputOf(id))) : null;

    private static float[] TokenOf(int stream, long number) => ServingModels.Token<SmallModel>(RandomOf(stream, number), number);

    private static ulong HashOf(ReadOnlySpan<float> output) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(output));
}
