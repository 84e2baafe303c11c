using System.Text;
using AarenGen.Data;

namespace AarenGen.Fuzzing;

/// <summary>Text tables read row by row, each cell in every type.</summary>
internal sealed class RowsTarget : FuzzTarget
{
    /// <summary>Rows whose cells are read as every type: a refusal is slow.</summary>
    private const int TypedRows = 20;

    private readonly TableTarget tables = new();

    public override string Name => "rows";

    public override IReadOnlyList<string> Words => tables.Words;

    public override bool IsRefusal(Exception exception) => exception is TableException;

    public override string Extension(ReadOnlySpan<byte> input) => tables.Extension(input);

    public override IEnumerable<byte[]> Seeds(string folder) =>
    [
        .. tables.Seeds(folder), "t;k;on\n2020-10-25 02:00;a;true\n2020-10-25 02:00;\"b;\n\"\"\";no\n"u8.ToArray(),
        "a|b\n1.500|2,5\n1,5|NA\n"u8.ToArray(),
    ];

    public override object Read(string path) => Read(path, new() { SampleRows = 3 });

    /// <summary>All cells, quoted, are the same texts when they are read again.</summary>
    public override void Verify(object read, string path)
    {
        var (names, cells) = ((string[], List<string[]>))read;
        var text = new StringBuilder();
        foreach (string[] row in (IEnumerable<string[]>)[names, .. cells])
        {
            text.AppendJoin(',', row.Select(static cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }
        // Zeros beside a mark of the encoding are text, without one the file looks binary.
        File.WriteAllText(path, text.ToString(), new UTF8Encoding(true));
        (string[] names, List<string[]> cells) again;
        try
        {
            again = Read(path, new() { Separator = ',', HasHeader = true });
        }
        catch (TableException e)
        {
            throw new FuzzException($"What was read and written is refused: {e.Message}");
        }
        if (!names.SequenceEqual(again.names) || cells.Count != again.cells.Count
            || !cells.Zip(again.cells).All(static p => p.First.SequenceEqual(p.Second)))
        {
            throw new FuzzException("What was read, written and read again is something else.");
        }
    }

    private static (string[] Names, List<string[]> Cells) Read(string path, TableOptions options)
    {
        using TableFile table = TableFile.Open(path, options);
        string[] names = [.. table.Columns.Select(static c => c.Name)];
        var cells = new List<string[]>();
        while (table.Read())
        {
            for (int c = 0; c < names.Length && cells.Count < TypedRows && c < TypedRows; c++)
            {
                Try(() => table.GetDouble(c));
                Try(() => table.GetInt64(c));
                Try(() => table.GetBoolean(c));
                Try(() => table.GetTime(c));
            }
            cells.Add([.. names.Select((_, c) => table.GetText(c).ToString())]);
        }
        return (names, cells);
    }

    private static void Try<T>(Func<T> read)
    {
        try
        {
            read();
        }
        catch (TableException e) when (!e.Message.AsSpan().ContainsAny('\n', '\r'))
        {
            // The cell is of another type.
        }
    }
}
