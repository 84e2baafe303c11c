using System.Text;

namespace AarenGen.Generator.Emission.CSharp;

/// <summary>Writes indented lines, ended by a line feed on every system.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder text = new();
    private int depth;

    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            text.Append(' ', 4 * depth).Append(line);
        }
        text.Append('\n');
    }

    /// <summary>Text as it is, without indentation.</summary>
    public void Raw(string raw) => text.Append(raw);

    /// <summary>A line and an opening brace; disposing closes it.</summary>
    public Block Open(string line)
    {
        Line(line);
        return OpenBlock();
    }

    /// <summary>An opening brace; disposing closes it.</summary>
    public Block OpenBlock()
    {
        Line("{");
        depth++;
        return new(this);
    }

    /// <summary>A documentation comment.</summary>
    public void Summary(string summary) => Line($"/// <summary>{Escape(summary)}</summary>");

    public static string Escape(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    public override string ToString() => text.ToString();

    internal readonly struct Block(CodeWriter writer) : IDisposable
    {
        public void Dispose()
        {
            writer.depth--;
            writer.Line("}");
        }
    }
}
