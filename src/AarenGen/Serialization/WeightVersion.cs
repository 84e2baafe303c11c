using System.Globalization;

namespace AarenGen.Serialization;

/// <summary>
/// The weights and statistics of a model from one change of them to the next. The states that they made refer to it, so that a step needs
/// only a comparison of references to know whether a state is theirs. It does not keep the weights alive once their fingerprint is known.
/// </summary>
internal sealed class WeightVersion
{
    /// <summary>The last one that <see cref="Of"/> made: of many states that are loaded, most come from the same weights.</summary>
    private static WeightVersion? last;

    private readonly Lock computing = new();
    private readonly ulong known;
    private Func<ulong>? compute;
    private ulong computed;

    /// <param name="compute">Computes the fingerprint; called at most once, and before the weights change.</param>
    public WeightVersion(Func<ulong> compute) => this.compute = compute;

    private WeightVersion(ulong known) => this.known = known;

    /// <summary>That of a state which no weights have stepped.</summary>
    public static WeightVersion None { get; } = new(0);

    /// <summary>
    /// The first eight bytes of a hash: equal for equal weights and statistics, on any machine. 0 only for <see cref="None"/>. The first
    /// call reads all weights.
    /// </summary>
    public ulong Fingerprint
    {
        get
        {
            if (Volatile.Read(ref compute) is not null)
            {
                lock (computing)
                {
                    if (compute is { } function)
                    {
                        computed = function();
                        Volatile.Write(ref compute, null);
                    }
                }
            }
            return known != 0 ? known : computed;
        }
    }

    /// <summary>The weights of a fingerprint in a file.</summary>
    public static WeightVersion Of(ulong fingerprint)
    {
        if (fingerprint == 0)
        {
            return None;
        }
        WeightVersion? version = last;
        return version?.known == fingerprint ? version : last = new(fingerprint);
    }

    /// <summary>A fingerprint as people see it.</summary>
    public static string Text(ulong fingerprint) => fingerprint.ToString("x16", CultureInfo.InvariantCulture);
}
