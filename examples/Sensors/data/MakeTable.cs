// Writes the table of the example to the standard output: dotnet run MakeTable.cs > sensors.csv
//
// Twelve meters, six in Hamburg and six in Boston, in the autumn of 2025, over the nights in which Europe and America set their clocks
// back. A load follows the hour and the day of the week on the clock of its site, the outdoor temperature and a disturbance that lasts
// some hours. The column outdoor_forecast is what a weather service said the day before, so it is a bit wrong.

using System.Globalization;
using System.Text;

const int SensorsOfSite = 6, Days = 52, WrongReadings = 6;

DateTimeOffset start = new(2025, 9, 29, 0, 0, 0, TimeSpan.Zero), end = start.AddDays(Days);
Place[] places =
[
    new("Hamburg", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), 9.5, 2.5),
    new("Boston", TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), 11, 3.5),
];
List<Row> rows = [];
for (int p = 0; p < places.Length; p++)
{
    var weather = new Weather(places[p], start, Days * 24 + 48, new((ulong)p + 1));
    for (int s = 0; s < SensorsOfSite; s++)
    {
        rows.AddRange(new Sensor(places[p], s, new((ulong)(100 * (p + 1) + s))).Read(weather, start, end));
    }
}
rows = [.. rows.OrderBy(static r => r.Time).ThenBy(static r => r.Sensor, StringComparer.Ordinal)];

// Six wrong readings in the last eight days: some show far too much, others almost nothing.
var faults = new Numbers(7);
int[] late = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].Time >= end.AddDays(-8) && rows[i].Load is not null)];
for (int i = 0; i < WrongReadings; i++)
{
    int at = late[(int)((i + faults.Uniform()) * late.Length / WrongReadings)];
    rows[at] = rows[at] with { Load = rows[at].Load * (i % 2 == 0 ? 2.5 : 0.1) };
}

var text = new StringBuilder("sensor,time,load,humidity,outdoor_forecast,site\n");
foreach (Row row in rows)
{
    text.Append(
        CultureInfo.InvariantCulture,
        $"{row.Sensor},{row.Time:yyyy-MM-ddTHH:mmzzz},{row.Load:F1},{row.Humidity:F1},{row.OutdoorForecast:F1},{row.Site}\n");
}
using Stream output = Console.OpenStandardOutput();
output.Write(Encoding.ASCII.GetBytes(text.ToString()));

internal sealed record Place(string Name, TimeZoneInfo Zone, double Temperature, double DailySwing);

internal sealed record Row(string Sensor, DateTimeOffset Time, double? Load, double? Humidity, double? OutdoorForecast, string Site);

/// <summary>The outdoor temperature of a place, each hour, and what was forecast of it.</summary>
internal sealed class Weather
{
    private readonly double[] truth, forecast;
    private readonly DateTimeOffset start;

    public Weather(Place place, DateTimeOffset start, int hours, Numbers numbers)
    {
        this.start = start;
        (truth, forecast) = (new double[hours], new double[hours]);
        double front = 0, error = 0;
        for (int h = 0; h < hours; h++)
        {
            // A front stays for about two days, an error of the forecast for half a day.
            front = 0.98 * front + 3.5 * Math.Sqrt(1 - 0.98 * 0.98) * numbers.Normal();
            error = 0.92 * error + 0.8 * Math.Sqrt(1 - 0.92 * 0.92) * numbers.Normal();
            double clock = TimeZoneInfo.ConvertTime(start.AddHours(h), place.Zone).TimeOfDay.TotalHours;
            truth[h] = place.Temperature - 3.0 * h / hours + place.DailySwing * Math.Cos((clock - 15) * Math.PI / 12) + front;
            forecast[h] = truth[h] + error;
        }
    }

    public double Truth(DateTimeOffset time) => At(truth, time);

    public double Forecast(DateTimeOffset time) => At(forecast, time);

    private double At(double[] values, DateTimeOffset time)
    {
        double hours = (time - start).TotalHours;
        int before = (int)hours;
        return values[before] + (hours - before) * (values[before + 1] - values[before]);
    }
}

/// <summary>A meter of a building.</summary>
internal sealed class Sensor(Place place, int number, Numbers numbers)
{
    private readonly string name = $"{place.Name.ToLowerInvariant()}-{number + 1}";

    /// <summary>kW: from a flat to a factory.</summary>
    private readonly double size = 12 * Math.Pow(1.9, number);

    /// <summary>Offices work by day and rest at the weekend; flats are awake in the evening.</summary>
    private readonly double office = number % 2 == 0 ? 0.75 + 0.25 * numbers.Uniform() : 0.25 * numbers.Uniform();

    private readonly double heating = 0.012 + 0.016 * numbers.Uniform();

    public IEnumerable<Row> Read(Weather weather, DateTimeOffset start, DateTimeOffset end)
    {
        List<(DateTimeOffset From, DateTimeOffset To)> gaps = [];
        for (int g = 0; g < 3; g++)
        {
            DateTimeOffset from = start + (end - start) * ((g + 0.1 + 0.8 * numbers.Uniform()) / 3);
            gaps.Add((from, from.AddHours(3 + 17 * numbers.Uniform())));
        }
        double disturbance = 0, damp = 0;
        for (DateTimeOffset time = start.AddMinutes((int)(40 * numbers.Uniform())), before = time; time < end;)
        {
            double hours = (time - before).TotalHours, kept = Math.Exp(-hours / 5), dampKept = Math.Exp(-hours / 20);
            disturbance = kept * disturbance + 0.055 * Math.Sqrt(1 - kept * kept) * numbers.Normal();
            damp = dampKept * damp + 9 * Math.Sqrt(1 - dampKept * dampKept) * numbers.Normal();
            double temperature = weather.Truth(time), humidity = Math.Clamp(72 - 1.2 * (temperature - 10) + damp, 20, 100);
            double load = size * Math.Exp(Math.Log(Profile(TimeZoneInfo.ConvertTime(time, place.Zone)))
                + heating * Math.Max(0, 17 - temperature) + 0.0015 * (humidity - 70) + disturbance + 0.015 * numbers.Normal());
            double? loadCell = numbers.Uniform() < 0.02 ? null : load, humidityCell = numbers.Uniform() < 0.03 ? null : humidity;
            double? forecastCell = numbers.Uniform() < 0.005 ? null : weather.Forecast(time);
            if (!gaps.Exists(g => time >= g.From && time < g.To))
            {
                yield return new(name, TimeZoneInfo.ConvertTime(time, place.Zone), loadCell, humidityCell, forecastCell, place.Name);
            }
            (before, time) = (time, time.AddMinutes(30 + (int)(21 * numbers.Uniform())));
        }
    }

    /// <summary>The usual load by the site's clock; about 1 on average.</summary>
    private double Profile(DateTimeOffset local)
    {
        double hour = local.TimeOfDay.TotalHours;
        bool isWeekend = local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
        double work = 0.6 + (isWeekend ? 0.15 : 0.9) * (Rise(hour - 7.5) - Rise(hour - 18));
        double home = 0.7 + 0.35 * Hump(hour - (isWeekend ? 10 : 7.5), 1.8) + 0.75 * Hump(hour - 19.5, 2.5);
        return office * work + (1 - office) * home;
    }

    private static double Rise(double hours) => 1 / (1 + Math.Exp(-2 * hours));

    private static double Hump(double hours, double width) => Math.Exp(-hours * hours / (2 * width * width));
}

/// <summary>SplitMix64 (Steele, Lea and Flood 2014), so that the table is the same with any version of .NET.</summary>
internal sealed class Numbers(ulong seed)
{
    private ulong state = seed * 0x9E3779B97F4A7C15;

    /// <summary>A number from 0 to below 1.</summary>
    public double Uniform()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A number of the standard normal distribution (Box and Muller 1958).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
}
