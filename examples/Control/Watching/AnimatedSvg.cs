using System.Globalization;
using System.Text;

namespace Control;

/// <summary>An episode as an animation for any browser: no script, no window, no video library.</summary>
internal static class AnimatedSvg
{
    private const int Width = 760, Height = 380, GroundHeight = 60;
    private const double FramesPerSecond = 25;

    /// <summary>Draws an episode.</summary>
    /// <param name="title">The title above it.</param>
    /// <param name="scenes">The world before each step.</param>
    /// <param name="secondsPerStep">Time between them.</param>
    public static string Draw(string title, IReadOnlyList<Scene> scenes, double secondsPerStep)
    {
        int stride = Math.Max(1, (int)Math.Round(1 / (FramesPerSecond * secondsPerStep)));
        Scene[] frames = [.. scenes.Where((_, i) => i % stride == 0)];
        double seconds = frames.Length * stride * secondsPerStep;
        double tallest = frames.Max(static f => f.Bodies.Max(static b => Math.Max(b.Y1, b.Y2) + b.Radius));
        double scale = Math.Min((Height - GroundHeight - 50) / Math.Max(tallest, 0.5), 160);
        double ground = Height - GroundHeight;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" "
            + $"font-family=\"system-ui, sans-serif\">\n<title>{Escape(title)}</title>\n<rect width=\"{Width}\" height=\"{Height}\" "
            + $"fill=\"#f4f6f8\"/>\n<rect y=\"{Text(ground)}\" width=\"{Width}\" height=\"{GroundHeight}\" fill=\"#d9dee3\"/>\n");

        // A mark per metre, which moves past as the view follows.
        double left = frames.Min(static f => f.Centre) - Width / scale, right = frames.Max(static f => f.Centre) + Width / scale;
        svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({Text(Width / 2.0 - frames[0].Centre * scale)})\" "
            + $"stroke=\"#8a949e\" fill=\"#5c6670\" font-size=\"11\" text-anchor=\"middle\">\n");
        for (int metre = (int)Math.Floor(left); metre <= right; metre++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Text(metre * scale)}\" x2=\"{Text(metre * scale)}\" "
                + $"y1=\"{Text(ground)}\" y2=\"{Text(ground + 8)}\"/><text x=\"{Text(metre * scale)}\" y=\"{Text(ground + 22)}\" "
                + $"stroke=\"none\">{metre} m</text>\n");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<animateTransform attributeName=\"transform\" type=\"translate\" "
            + $"values=\"{Values(f => Width / 2.0 - f.Centre * scale)}\" {Timing(seconds)}/></g>\n");

        for (int b = 0; b < frames[0].Bodies.Count; b++)
        {
            int body = b;
            (string Attribute, Func<Scene, double> Value)[] ends =
            [
                ("x1", f => X(f, f.Bodies[body].X1)), ("y1", f => ground - f.Bodies[body].Y1 * scale),
                ("x2", f => X(f, f.Bodies[body].X2)), ("y2", f => ground - f.Bodies[body].Y2 * scale),
            ];
            // The first frame is shown without animation, for example in print.
            string still = string.Join(' ', ends.Select(e => $"{e.Attribute}=\"{Text(e.Value(frames[0]))}\""));
            svg.Append(CultureInfo.InvariantCulture, $"<line {still} stroke=\"{Palette[b % Palette.Length]}\" "
                + $"stroke-width=\"{Text(2 * frames[0].Bodies[b].Radius * scale)}\" stroke-linecap=\"round\">");
            foreach ((string attribute, Func<Scene, double> value) in ends)
            {
                svg.Append(
                    CultureInfo.InvariantCulture, $"<animate attributeName=\"{attribute}\" values=\"{Values(value)}\" {Timing(seconds)}/>");
            }
            svg.Append("</line>\n");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"16\" y=\"28\" font-size=\"14\" fill=\"#1b2024\">{Escape(title)}</text>\n<rect "
            + $"y=\"{Height - 6}\" height=\"6\" fill=\"#0072b2\"><animate attributeName=\"width\" values=\"0;{Width}\" "
            + $"{Timing(seconds)}/></rect>\n</svg>\n");
        return svg.ToString();

        double X(Scene frame, double x) => Width / 2.0 + (x - frame.Centre) * scale;

        string Values(Func<Scene, double> value) => string.Join(';', frames.Select(f => Text(value(f))));
    }

    private static string[] Palette { get; } = ["#5c6670", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

    private static string Timing(double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"dur=\"{seconds:F2}s\" repeatCount=\"indefinite\"");

    private static string Text(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Escape(string text) => System.Net.WebUtility.HtmlEncode(text);
}
