namespace AarenGen.Benchmarks;

/// <summary>A command of the program.</summary>
internal interface IBenchmark
{
    /// <summary>The command.</summary>
    string Name { get; }

    /// <summary>One line for the help.</summary>
    string Description { get; }

    /// <summary>Why this machine cannot run it; null where it can.</summary>
    string? WhyImpossible() => null;

    /// <summary>Measures; the sections come one by one, so that what is done is shown and written while the rest runs.</summary>
    IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation);
}

/// <summary>How thorough a run is.</summary>
/// <param name="IsShort">Whether it is only to see that everything works: few rounds, small sizes.</param>
internal sealed record Thoroughness(bool IsShort)
{
    public Contest Contest => IsShort ? new(3, TimeSpan.FromMilliseconds(5)) : new(25, TimeSpan.FromMilliseconds(60));
}
