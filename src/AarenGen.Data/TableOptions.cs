using System.Text;

namespace AarenGen.Data;

/// <summary>
/// How a table is read. Everything is found from the file unless it is given here; a file that contradicts what was found or given is an
/// error, which names the option. Immutable.
/// </summary>
public record TableOptions
{
    /// <summary>The longest row of a text file, in characters, unless another one is given: 16,777,216.</summary>
    public const int DefaultMaxRowLength = 1 << 24;

    /// <summary>The character between the cells of a text file; null: tab, semicolon, bar or comma, as the first 100 lines show.</summary>
    public char? Separator { get; init; }

    /// <summary>The decimal mark of all numbers of a text file; null: as the columns show.</summary>
    public DecimalMark? DecimalMark { get; init; }

    /// <summary>The order of dates such as 01/02/2020 in a text file; null: as the columns show.</summary>
    public DateOrder? DateOrder { get; init; }

    /// <summary>Whether the first row of a text file names the columns; null: it does unless it holds only numbers and times.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The encoding of a text file; null: as its beginning shows, UTF-8, UTF-16 or else Windows-1252.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>Texts that mean a missing value, besides the usual ones such as NA, such as "-9999".</summary>
    public IReadOnlyList<string> MissingWords { get; init; } = [];

    /// <summary>The zone of times that name none; null: UTC.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>What local times mean that the zone's clock shows twice.</summary>
    public AmbiguousTimes AmbiguousTimes { get; init; } = AmbiguousTimes.InOrder;

    /// <summary>What local times mean that the zone's clock never shows.</summary>
    public SkippedTimes SkippedTimes { get; init; } = SkippedTimes.Refuse;

    /// <summary>
    /// The column whose values tell the series of a long table apart, one series for each; null: the table is one series, unless
    /// <see cref="TableResampling.Resample"/> names the column. Each series has its own clock for local times.
    /// </summary>
    public string? SeriesKey { get; init; }

    /// <summary>The longest row of a text file, in characters, at least 1.</summary>
    public int MaxRowLength { get; init; } = DefaultMaxRowLength;

    /// <summary>The rows at the beginning of a text file from which its formats are found, at least 1.</summary>
    public int SampleRows { get; init; } = 1000;
}
