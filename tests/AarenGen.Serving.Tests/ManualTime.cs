namespace AarenGen.Serving.Tests;

/// <summary>A clock that stands until a test moves it; timers are called meanwhile.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock access = new();
    private readonly List<ManualTimer> timers = [];
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref ticks);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public void Advance(TimeSpan time)
    {
        long now = Interlocked.Add(ref ticks, time.Ticks);
        ManualTimer[] due;
        lock (access)
        {
            due = [.. timers.Where(t => t.IsDue(now))];
        }
        foreach (ManualTimer timer in due)
        {
            timer.Call();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (access)
        {
            timers.Add(timer);
        }
        return timer;
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        private long next = long.MaxValue;
        private TimeSpan period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            this.period = period;
            next = dueTime < TimeSpan.Zero ? long.MaxValue : time.GetTimestamp() + dueTime.Ticks;
            return true;
        }

        /// <summary>Whether it is to be called; however many periods are over, once.</summary>
        public bool IsDue(long now)
        {
            if (now < next)
            {
                return false;
            }
            next = period > TimeSpan.Zero ? now + period.Ticks : long.MaxValue;
            return true;
        }

        public void Call() => callback();

        public void Dispose()
        {
            lock (time.access)
            {
                time.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
