namespace AarenGen.Serving.Tests;

/// <summary>What tests of services share: a store in memory that fails or waits, and tokens with their outputs.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A store in memory holds nothing.")]
public abstract class ServiceTestBase
{
    /// <summary>How long a test waits for what must happen: long, since machines may be busy.</summary>
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private protected ServiceTestBase() => Store = new(new MemoryStreamStore(Contents));

    private protected SmallModel Model { get; } = SmallModel.Create(7);

    private protected MemoryStreamStore.Contents Contents { get; } = new();

    private protected ManualTime Time { get; } = new();

    private protected FaultyStreamStore Store { get; set; }

    /// <summary>Starts a service on the store of the test, whose clock stands.</summary>
    private protected Task<StreamService<SmallModel>> StartAsync(StreamServiceOptions? options = null, bool isStored = true)
    {
        options ??= new() { Shards = 3, MaxDelay = TimeSpan.Zero };
        return StreamService<SmallModel>.StartAsync(
            Model, isStored ? Store : null, options with { Pool = options.Pool with { TimeProvider = Time } });
    }

    private protected static float[] Token(long n, int stream = 1) => ServingModels.TokenOf<SmallModel>(stream, n);

    private protected float[] Output(StreamState<SmallModel> state, long n, int stream = 1, SmallModel? other = null)
    {
        var output = new float[2];
        (other ?? Model).Step(state, Token(n, stream), output);
        return output;
    }

    private protected static Task<StepResult> StepAsync(StreamService<SmallModel> service, string id, long n, float[]? output = null) =>
        service.StepAsync(id, Token(n), output ?? new float[2], n).AsTask();

    /// <summary>Waits until something is so.</summary>
    private protected static async Task Until(Func<bool> isSo)
    {
        for (DateTime end = DateTime.UtcNow + Patience; !isSo();)
        {
            Assert.True(DateTime.UtcNow < end, "It did not happen.");
            await Task.Delay(5);
        }
    }

    /// <summary>A gate that holds an operation of the store until it is opened.</summary>
    private protected TaskCompletionSource Hold(StoreOperation operation, int? log = null)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Waits = (o, l) => o == operation && (log is null || l == log) ? gate.Task : Task.CompletedTask;
        return gate;
    }
}
