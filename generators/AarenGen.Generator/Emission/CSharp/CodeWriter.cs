using System.Text;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>
/// Writes indented lines, ended by a line feed on every system. Lines of code that pass the given number of columns are broken.
/// </summary>
internal sealed class CodeWriter(int columns = int.MaxValue, int depth = 0)
{
    /// <summary>Columns of a line of generated code, C# or CUDA C.</summary>
    public const int MaxColumns = 140;

    private const int IndentationColumns = 4;

    private readonly StringBuilder text = new();
    private int depth = depth;

    public void Line(string line = "")
    {
        int room = columns - IndentationColumns * depth;
        if (line.Length <= room)
        {
            Write(depth, line);
            return;
        }
        foreach ((int extra, string piece) in LineBreaks.Break(line, room, IndentationColumns))
        {
            Write(depth + extra, piece);
        }
    }

    /// <summary>Whether a line needs no break.</summary>
    public bool Fits(string line) => line.Length <= columns - IndentationColumns * depth;

    /// <summary>Text as it is, without indentation.</summary>
    public void Raw(string raw) => text.Append(raw);

    /// <summary>An empty writer at the present indentation, whose text <see cref="Append"/> takes later.</summary>
    public CodeWriter Nested() => new(columns, depth);

    public void Append(CodeWriter nested) => text.Append(nested.text);

    /// <summary>A line and an opening brace; disposing closes it, with the given text behind the brace.</summary>
    public Block Open(string line, string end = "")
    {
        Line(line);
        return OpenBlock(end);
    }

    /// <summary>An opening brace; disposing closes it, with the given text behind the brace.</summary>
    public Block OpenBlock(string end = "")
    {
        Line("{");
        depth++;
        return new(this, end);
    }

    /// <summary>Lines one level further in; disposing ends them.</summary>
    public Indentation Indent()
    {
        depth++;
        return new(this);
    }

    /// <summary>A documentation comment, on lines of its own where it is long.</summary>
    public void Summary(string summary)
    {
        string escaped = Escape(summary), line = $"/// <summary>{escaped}</summary>";
        if (line.Length <= columns - IndentationColumns * depth)
        {
            Line(line);
            return;
        }
        Line("/// <summary>");
        Line("/// " + escaped);
        Line("/// </summary>");
    }

    public static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    public override string ToString() => text.ToString();

    private void Write(int indentation, string line)
    {
        if (line.Length > 0)
        {
            text.Append(' ', IndentationColumns * indentation).Append(line);
        }
        text.Append('\n');
    }

    internal readonly struct Indentation(CodeWriter writer) : IDisposable
    {
        public void Dispose() => writer.depth--;
    }

    internal readonly struct Block(CodeWriter writer, string end) : IDisposable
    {
        public void Dispose()
        {
            writer.depth--;
            writer.Line("}" + end);
        }
    }
}
