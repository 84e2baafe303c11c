using Orleans;

namespace AarenGen.Orleans;

/// <summary>Observers of outputs, each for a while after it last said that it is there. Used by one grain, in its turns.</summary>
internal sealed class Subscriptions
{
    /// <summary>How long an observer that says nothing is taken to be there.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string Id, IOutputObserver Observer), (long Until, Action End)> all = [];

    /// <summary>Adds an observer, or keeps one that is there.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="observer">The observer.</param>
    /// <param name="begin">Begins to send it outputs; returns what ends it.</param>
    public void Add(string id, IOutputObserver observer, Func<Action> begin)
    {
        long now = Environment.TickCount64, until = now + (long)Lifetime.TotalMilliseconds;
        foreach (KeyValuePair<(string, IOutputObserver), (long Until, Action End)> old in all.Where(s => s.Value.Until < now).ToList())
        {
            old.Value.End();
            all.Remove(old.Key);
        }
        all[(id, observer)] = (until, all.TryGetValue((id, observer), out (long, Action End) known) ? known.End : begin());
    }

    public void Remove(string id, IOutputObserver observer)
    {
        if (all.Remove((id, observer), out (long, Action End) known))
        {
            known.End();
        }
    }

    /// <summary>Those who observe a stream.</summary>
    public IEnumerable<IOutputObserver> Observers => all.Keys.Select(static k => k.Observer);
}
