using System.Xml.Linq;

namespace Control.Tests;

public sealed class AnimatedSvgTests
{
    [Fact]
    public void An_episode_is_a_moving_picture()
    {
        Scene[] scenes = [.. Enumerable.Range(0, 50)
            .Select(static i => new Scene(0.1 * i, [new(0.1 * i, 0.5, 0.1 * i, 1, 0.05), new(0.1 * i, 0.1, 0.1 * i, 0.1, 0.1)]))];
        var svg = XDocument.Parse(AnimatedSvg.Draw("a <walk> & more", scenes, secondsPerStep: 0.02));
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal("a <walk> & more", svg.Root!.Element(ns + "title")!.Value);
        XElement[] bodies = [.. svg.Root.Elements(ns + "line")];
        Assert.Equal(2, bodies.Length);
        // 50 steps of 20 ms are a second: 25 frames.
        Assert.All(
            bodies.SelectMany(b => b.Elements(ns + "animate")),
            static a => Assert.Equal(25, a.Attribute("values")!.Value.Split(';').Length));
        Assert.All(bodies.SelectMany(b => b.Elements(ns + "animate")), static a => Assert.Equal("1.00s", a.Attribute("dur")!.Value));
    }
}
