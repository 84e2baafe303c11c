using System.Globalization;
using System.Numerics;
using Microsoft.Extensions.Configuration;

namespace AarenGen.Serving;

/// <summary>
/// Reads options from a configuration. By hand: the binder of .NET needs reflection, which NativeAOT does not have, and is silent about
/// keys that it does not know.
/// </summary>
internal static class StreamsConfiguration
{
    /// <exception cref="InvalidOperationException">A key is unknown, or a value is none of its option.</exception>
    public static StreamServiceOptions Apply(IConfiguration section, StreamServiceOptions options)
    {
        CheckSection(section as IConfigurationSection);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            options = Checked(child, () => Is(child, nameof(options.MaxBatch)) ? options with { MaxBatch = Number<int>(child) }
                : Is(child, nameof(options.MaxDelay)) ? options with { MaxDelay = Time(child) }
                : Is(child, nameof(options.MaxPendingTokens)) ? options with { MaxPendingTokens = Number<int>(child) }
                : Is(child, nameof(options.Shards)) ? options with { Shards = Number<int>(child) }
                : Is(child, nameof(options.CheckpointInterval)) ? options with { CheckpointInterval = Time(child) }
                : Is(child, nameof(options.MaxLogBytes)) ? options with { MaxLogBytes = Number<long>(child) }
                : Is(child, nameof(options.MaxEmptyIntervals)) ? options with { MaxEmptyIntervals = Number<int>(child) }
                : Is(child, nameof(options.Pool)) ? options with { Pool = Apply(child, options.Pool) }
                : throw Unknown(child, "MaxBatch, MaxDelay, MaxPendingTokens, Shards, CheckpointInterval, MaxLogBytes, MaxEmptyIntervals "
                    + "and Pool"));
        }
        return options;
    }

    private static StreamPoolOptions Apply(IConfigurationSection section, StreamPoolOptions pool)
    {
        CheckSection(section);
        foreach (IConfigurationSection child in section.GetChildren())
        {
            pool = Checked(child, () => Is(child, nameof(pool.IdleTime)) ? pool with { IdleTime = IsNull(child) ? null : Time(child) }
                : Is(child, nameof(pool.MaxStreams)) ? pool with { MaxStreams = IsNull(child) ? null : Number<int>(child) }
                : Is(child, nameof(pool.OnWeightChange)) ? pool with { OnWeightChange = Policy(child) }
                : Is(child, nameof(pool.HistoryTokens)) ? pool with { HistoryTokens = Number<int>(child) }
                : throw Unknown(child, "IdleTime, MaxStreams, OnWeightChange and HistoryTokens"));
        }
        return pool;
    }

    /// <summary>A value in place of a section would set nothing.</summary>
    private static void CheckSection(IConfigurationSection? section)
    {
        if (section is not null && !IsNull(section))
        {
            throw Wrong(section, "a section with the names of options as keys");
        }
    }

    /// <summary>What an option refuses names the option; here it names the key, too.</summary>
    private static T Checked<T>(IConfigurationSection section, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"The configuration has {section.Path} = \"{section.Value}\": {e.Message}", e);
        }
    }

    private static bool Is(IConfigurationSection section, string name) =>
        string.Equals(section.Key, name, StringComparison.OrdinalIgnoreCase);

    /// <summary>JSON's null is an empty value to some versions of the provider.</summary>
    private static bool IsNull(IConfigurationSection section) => string.IsNullOrEmpty(section.Value);

    private static T Number<T>(IConfigurationSection section) where T : IBinaryInteger<T> =>
        T.TryParse(section.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T? number)
            ? number : throw Wrong(section, "a whole number");

    private static TimeSpan Time(IConfigurationSection section) =>
        // A number alone would be days, which nobody means.
        section.Value?.Contains(':', StringComparison.Ordinal) == true
            && TimeSpan.TryParse(section.Value, CultureInfo.InvariantCulture, out TimeSpan time)
            ? time : throw Wrong(section, "a time such as 00:01:30");

    private static WeightChange Policy(IConfigurationSection section) =>
        Enum.TryParse(section.Value, ignoreCase: true, out WeightChange change) && Enum.IsDefined(change)
            ? change : throw Wrong(section, "Reset, Keep or Replay");

    private static InvalidOperationException Wrong(IConfigurationSection section, string expected) =>
        new($"The configuration has {section.Path} = \"{section.Value}\", which must be {expected}.");

    private static InvalidOperationException Unknown(IConfigurationSection section, string known) =>
        new($"The configuration has {section.Path}, which is no option of a service of streams; there are {known}.");
}
