using System.Globalization;
using System.Net;
using System.Text;

namespace AarenGen.Reports;

/// <summary>
/// One HTML page that holds everything it shows: headings, texts, tables and pictures. It follows the reader's light or dark setting. Names
/// of data may hold any character; all texts are escaped. Not thread-safe.
/// </summary>
public sealed class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8886; --best: #0072b2; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: bottom; }
        td { white-space: nowrap; } h2 { overflow-wrap: anywhere; }
        th:first-child, td:first-child { text-align: left; }
        .scroll { overflow-x: auto; } .best { font-weight: 700; }
        figure { margin: 1rem 0; overflow-x: auto; }
        img { width: 47.5rem; max-width: 100%; min-width: 30rem; height: auto; background: white; border-radius: 4px; }
        figcaption, .source { font-size: .85rem; opacity: .8; } pre { overflow-x: auto; font-size: .85rem; }
        """;

    private readonly StringBuilder html = new();

    /// <summary>Begins a page with a heading.</summary>
    /// <param name="title">The heading, and the page's title.</param>
    public HtmlPage(string title) => html.Append(
        CultureInfo.InvariantCulture,
        $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, "
        + $"initial-scale=1\"/><title>{Escape(title)}</title><style>{Style}</style></head><body>\n<h1>{Escape(title)}</h1>\n");

    /// <summary>Adds a heading of a section.</summary>
    /// <param name="text">The heading.</param>
    public void AddHeading(string text) => html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(text)}</h2>\n");

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">The text.</param>
    public void AddText(string text) => html.Append(CultureInfo.InvariantCulture, $"<p>{Escape(text)}</p>\n");

    /// <summary>Adds a paragraph in small letters, such as the origin of what stands above it.</summary>
    /// <param name="text">The text.</param>
    public void AddNote(string text) => html.Append(CultureInfo.InvariantCulture, $"<p class=\"source\">{Escape(text)}</p>\n");

    /// <summary>Adds a text that is shown when the reader asks for it.</summary>
    /// <param name="summary">What is shown before.</param>
    /// <param name="code">Code, shown as it is.</param>
    /// <param name="text">A paragraph below it.</param>
    public void AddDetails(string summary, string code, string text) => html.Append(
        CultureInfo.InvariantCulture,
        $"<details><summary>{Escape(summary)}</summary><pre>{Escape(code)}</pre><p>{Escape(text)}</p></details>\n");

    /// <summary>Adds a table.</summary>
    /// <param name="header">Names of the columns.</param>
    /// <param name="rows">The cells of each row; the best of a column may be bold.</param>
    public void AddTable(IEnumerable<string> header, IEnumerable<IEnumerable<(string Text, bool IsBest)>> rows)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        html.Append(CultureInfo.InvariantCulture,
            $"<div class=\"scroll\"><table><tr>{string.Concat(header.Select(static h => $"<th>{Escape(h)}</th>"))}</tr>\n");
        foreach (IEnumerable<(string Text, bool IsBest)> cells in rows)
        {
            html.Append(CultureInfo.InvariantCulture,
                $"<tr>{string.Concat(cells.Select(static c => $"<td{(c.IsBest ? " class=\"best\"" : "")}>{Escape(c.Text)}</td>"))}</tr>\n");
        }
        html.Append("</table></div>\n");
    }

    /// <summary>Adds a picture.</summary>
    /// <param name="svg">The picture; separate images keep the identifiers of several from clashing.</param>
    /// <param name="description">What it shows, for readers who do not see it.</param>
    /// <param name="caption">The text below it.</param>
    public void AddFigure(string svg, string description, string caption)
    {
        string image = Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));
        html.Append(
            CultureInfo.InvariantCulture,
            $"<figure><img alt=\"{Escape(description)}\" src=\"data:image/svg+xml;base64,{image}\"/>"
            + $"<figcaption>{Escape(caption)}</figcaption></figure>\n");
    }

    /// <summary>The whole page.</summary>
    public override string ToString() => html + "</body></html>\n";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
