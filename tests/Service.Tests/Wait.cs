using System.Diagnostics;

namespace Service.Tests;

/// <summary>Waits for what other processes do.</summary>
internal static class Wait
{
    /// <summary>Of a machine that is busy with other tests; a start takes a second on an idle one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until a condition is true, and fails where it does not become so.</summary>
    /// <param name="what">The condition, in words.</param>
    /// <param name="isTrue">Tells whether it is true now.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> isTrue)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await isTrue())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Not within {Patience.TotalMinutes} minutes: {what}.");
            await Task.Delay(BetweenLooks);
        }
    }

    /// <inheritdoc cref="UntilAsync(string, Func{Task{bool}})"/>
    public static Task UntilAsync(string what, Func<bool> isTrue) => UntilAsync(what, () => Task.FromResult(isTrue()));
}
