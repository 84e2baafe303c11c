using AarenGen.Tool.Schemas;

namespace AarenGen.Tool.Tests;

public class IdentifierTests
{
    [Theory]
    [InlineData("load", "Load")]
    [InlineData("outdoor forecast (°C)", "OutdoorForecastC")]
    [InlineData("outdoor_forecast", "OutdoorForecast")]
    [InlineData("class", "Class")]
    [InlineData("2nd load", "Column2ndLoad")]
    [InlineData("%%", "Column")]
    [InlineData("größe", "Größe")]
    [InlineData("温度", "温度")]
    [InlineData("a\u0301b", "Áb")]
    [InlineData("😀 mood", "Mood")]
    [InlineData("kWh/day\n", "KWhDay")]
    public void A_header_becomes_a_name(string header, string expected) =>
        Assert.Equal(expected, Identifiers.Make(header, "Column", new HashSet<string>()));

    [Fact]
    public void A_name_is_given_once()
    {
        var taken = new HashSet<string> { "Origin" };
        Assert.Equal(
            ["Load", "Load2", "Load3", "Origin2", "Load2_2"],
            ((string[])["load", "Load", "LOAD".ToLowerInvariant(), "origin", "load 2"]).Select(h => Identifiers.Make(h, "Column", taken)));
    }

    [Theory]
    [InlineData("Hamburg", true)]
    [InlineData("class", true)]
    [InlineData("_x1", true)]
    [InlineData("1x", false)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    [InlineData("a,b", false)]
    public void A_category_is_a_name_or_not(string text, bool expected) => Assert.Equal(expected, Identifiers.IsName(text));

    [Theory]
    [InlineData("a\"b\\c", "\"a\\\"b\\\\c\"")]
    [InlineData("line\nbreak\u2028", "\"line\\u000Abreak\\u2028\"")]
    [InlineData("{x}", "\"{x}\"")]
    public void A_text_is_quoted(string text, string expected) => Assert.Equal(expected, Identifiers.Literal(text));
}
