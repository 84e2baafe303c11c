using AarenGen;

namespace Experiments.Tests;

/// <summary>What a command's end tells the user and the shell.</summary>
[Collection(ProgramRun.Collection)]
public sealed class GuardTests
{
    public static TheoryData<Exception> Mistakes { get; } =
    [
        new UserException("wrong"), new TableException("a.csv", 3, "x", "wrong"), new IOException("wrong"),
        new UnauthorizedAccessException("wrong"),
        new ModelFileException("wrong"), new ArgumentException("wrong"),
        new AggregateException(new AggregateException(new UserException("wrong"))),
    ];

    public static TheoryData<Exception> Faults { get; } =
    [
        new InvalidOperationException(), new NotSupportedException(), new KeyNotFoundException(), new ArgumentNullException("x"),
        new MissingMemberException(),
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_line(Exception exception)
    {
        (int code, string error) = await Guard(() => throw exception);
        Assert.Equal(2, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains("wrong", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_of_the_program_is_not_hidden(Exception exception) =>
        await Assert.ThrowsAsync(exception.GetType(), () => Guard(() => throw exception));

    [Fact]
    public async Task Too_little_memory_has_a_message()
    {
        (int code, string error) = await Guard(static () => throw new InsufficientMemoryException());
        Assert.Equal(2, code);
        Assert.Contains("not enough memory", error, StringComparison.Ordinal);
        // An array whose length overflowed.
        Assert.Contains("not enough memory", (await Guard(() => new byte[-code].Length)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_command_says_so()
    {
        Assert.Equal((130, "Stopped." + Environment.NewLine), await Guard(static () => throw new TaskCanceledException()));
        Assert.Equal(130, (await Guard(static () => throw new AggregateException(new OperationCanceledException()))).Code);
        Assert.Equal((0, ""), await Guard(static () => 0));
    }

    [Fact]
    public async Task Reading_is_abandoned_when_stopped()
    {
        using var stop = new CancellationTokenSource();
        using var reading = new ManualResetEventSlim();
        Task<int> read = Task.Run(
            () => CommandLine.Abandonable(() => { stop.Cancel(); reading.Wait(CancellationToken.None); return 1; }, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        reading.Set();
        Assert.Equal(2, CommandLine.Abandonable(static () => 2, CancellationToken.None));
        Assert.Throws<TableException>(
            () => CommandLine.Abandonable<int>(static () => throw new TableException("a", null, null, "b"), CancellationToken.None));
    }

    private static async Task<(int Code, string Error)> Guard(Func<int> command)
    {
        (Task<int> code, string error) = ProgramRun.Capture(() =>
        {
            Task<int> run = CommandLine.GuardAsync(command, "Stopped.");
            ((IAsyncResult)run).AsyncWaitHandle.WaitOne();
            return run;
        });
        return (await code, error);
    }
}
