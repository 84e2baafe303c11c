using System.Globalization;

namespace AarenGen.Benchmarks;

/// <summary>
/// What a step with a typed record costs beyond the same model's step with the same token: reading and checking the record, the values
/// known ahead, the calendar, the token, and the forecast's view.
/// </summary>
internal sealed class RecordsBenchmark : IBenchmark
{
    private const string Key = "roof";
    private const int Seed = 1, Horizon = 24, Week = 168, Checked = 400;

    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The measured values of a week, so that no step has the token of the one before.</summary>
    private static readonly float[] Values = [.. Enumerable.Range(0, Week).Select(static i => MathF.Sin(i * 0.26f))];

    public string Name => "records";

    public string Description => "What a typed record costs a step, against the same model's step with the same token";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        Case[] cases =
        [
            Utc("one new record known ahead", 1), Utc("none known ahead", 0), Utc("all 24 known ahead, in each step", Horizon),
            Berlin("one new, calendar of Europe/Berlin"), Often("two records an interval, one new known ahead"),
        ];
        foreach (Case one in cases)
        {
            Check(one);
        }
        // Many short rounds: a disturbance that lasts reaches both of a pair, and one that does not spoils few rounds.
        Contest contest = thoroughness.IsShort ? thoroughness.Contest : new(2001, TimeSpan.FromMilliseconds(1));
        IReadOnlyList<Timing> timings = contest.Run([.. cases.SelectMany(static c => (Contestant[])
            [new(c.Name, Plain(c)), new(c.Name, () => c.Step(null))])]);
        (string Name, Timing Plain, Timing Typed, double Added, double Spread)[] rows = [.. cases.Select((one, i) =>
        {
            (Timing plain, Timing typed) = (timings[2 * i], timings[2 * i + 1]);
            double[] added = [.. typed.Seconds.Zip(plain.Seconds, static (own, token) => (own - token) * 1e9)];
            double spread = (Statistics.Quantile(added, .75) - Statistics.Quantile(added, .25)) / 2;
            return (one.Name, plain, typed, Statistics.Median(added), spread);
        })];
        yield return new(
            "records", "A typed record: nanoseconds of an interval, one stream, one core",
            ["input", "the token alone, ns", "with records, ns", "added, ns", "± ns", "allocated bytes"],
            [.. rows.Select(static r => (string[])[
                r.Name, Number(r.Plain.Median * 1e9), Number(r.Typed.Median * 1e9), Number(r.Added), Number(r.Spread),
                Number(r.Typed.AllocatedBytes)])],
            rows.Select(static r => new
            {
                r.Name, Token = r.Plain.Median * 1e9, Records = r.Typed.Median * 1e9, r.Added, r.Spread, r.Typed.AllocatedBytes,
            }))
        {
            Notes =
            [
                "The record: key, time, a nullable target, an observed value, a value known ahead over a horizon of 24, an enum; calendar: "
                + "hour and day of the week.",
                "A token has 30 numbers, an output 72. Added is the median over rounds of the difference in the same round. Records "
                + "stand ready but for their times, which both set.",
            ],
        };
    }

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static float Value(long step, int column) => Values[(int)((step + 31 * column) % Week)];

    private static DateTimeOffset Time(long step) => new(Begin.Ticks + step * TimeSpan.TicksPerHour, TimeSpan.Zero);

    /// <summary>Outputs with records are those with the tokens that the documentation describes.</summary>
    private static void Check(Case one)
    {
        UtcForecaster model = UtcForecaster.Create(Seed);
        StreamState<UtcForecaster> state = model.CreateState();
        float[] output = new float[UtcForecaster.OutputWidth];
        for (int i = 0; i < Checked; i++)
        {
            one.Step((step, forecast) =>
            {
                model.Step(state, one.Token(step), output);
                for (int h = 0; h < Horizon; h++)
                {
                    // A forecast has its quantiles in order, whatever their levels.
                    float[] levels = [output[h], output[Horizon + h], output[2 * Horizon + h]];
                    Array.Sort(levels);
                    PredictedDistribution given = forecast[h];
                    if (levels is not [var low, var middle, var high] || low != (float)given.Quantile(0.1f)
                        || middle != (float)given.Quantile(0.5f) || high != (float)given.Quantile(0.9f))
                    {
                        throw new InvalidDataException($"{one.Name}: step {step} gives another output than its token.");
                    }
                }
            });
        }
    }

    /// <summary>Steps with tokens that stand ready, while records get the same times.</summary>
    private static Action Plain(Case one)
    {
        UtcForecaster model = UtcForecaster.Create(Seed);
        StreamState<UtcForecaster> state = model.CreateState();
        float[] output = new float[UtcForecaster.OutputWidth];
        float[][] tokens = [.. Enumerable.Range(0, Week).Select(t => one.Token(Week + t))];
        long step = 0;
        int at = 0;
        return () =>
        {
            one.Make(step++, at);
            model.Step(state, tokens[at], output);
            at = at + 1 < Week ? at + 1 : 0;
        };
    }

    private static Case Utc(string name, int ahead)
    {
        UtcForecaster model = UtcForecaster.Create(Seed);
        SeriesState<UtcForecaster> state = model.CreateSeriesState(Key);
        Reading[] records = Readings(), others = Readings();
        long step = 0;
        int at = 0;
        return new(name, (step, at) => others[at + Horizon].Time = Time(step + Horizon), at => Token(at, ahead, TimeSpan.Zero), check =>
        {
            records[at + Horizon].Time = Time(step + Horizon);
            UtcForecaster.Forecast? forecast = model.Step(
                state, records[at], records.AsSpan(at + Horizon + 1 - ahead, ahead));
            check?.Invoke(step, forecast!.Value.Load);
            step++;
            at = at + 1 < Week ? at + 1 : 0;
        });
    }

    private static Case Berlin(string name)
    {
        BerlinForecaster model = BerlinForecaster.Create(Seed);
        SeriesState<BerlinForecaster> state = model.CreateSeriesState(Key);
        Reading[] records = Readings(), others = Readings();
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        long step = 0;
        int at = 0;
        return new(
            name, (step, at) => others[at + Horizon].Time = Time(step + Horizon), at => Token(at, 1, zone.GetUtcOffset(Time(at))),
            check =>
            {
                records[at + Horizon].Time = Time(step + Horizon);
                BerlinForecaster.Forecast? forecast = model.Step(state, records[at], records.AsSpan(at + Horizon, 1));
                check?.Invoke(step, forecast!.Value.Load);
                step++;
                at = at + 1 < Week ? at + 1 : 0;
            });
    }

    private static Case Often(string name)
    {
        OftenForecaster model = OftenForecaster.Create(Seed);
        SeriesState<OftenForecaster> state = model.CreateSeriesState(Key);
        OftenReading[] records = OftenReadings(), others = OftenReadings();
        long step = 0;
        int at = 0;
        return new(name, Make, Token, check =>
        {
            records[at + Horizon].Time = Time(step + Horizon);
            // The first record of an interval completes the interval before it.
            OftenForecaster.Forecast? forecast = model.Step(state, records[at], records.AsSpan(at + Horizon, 1));
            if (step > 0)
            {
                check?.Invoke(step - 1, forecast!.Value.Load);
            }
            MakeSecond(records, step, at);
            model.Step(state, records[at], []);
            step++;
            at = at + 1 < Week ? at + 1 : 0;
        });

        void Make(long step, int at)
        {
            others[at + Horizon].Time = Time(step + Horizon);
            MakeSecond(others, step, at);
        }

        static void MakeSecond(OftenReading[] records, long step, int at) =>
            records[at].Time = new(Time(step).Ticks + TimeSpan.TicksPerHour / 2, TimeSpan.Zero);

        static float[] Token(long at)
        {
            float[] token = RecordsBenchmark.Token(at, 1, TimeSpan.Zero);
            // What the new record itself says of its interval is known one interval ahead.
            token[3] = Value(at + 1, 2);
            return token;
        }
    }

    /// <summary>The records of a week; behind them the first of them again, as those of the next.</summary>
    private static Reading[] Readings()
    {
        Reading[] week = [.. Enumerable.Range(0, Week).Select(static i => new Reading
        {
            Sensor = Key, Site = Site.Roof, Time = Time(i), Load = Value(i, 0), Humidity = Value(i, 1), Outdoor = Value(i, 2),
        })];
        return [.. week, .. week[..(Horizon + 1)]];
    }

    private static OftenReading[] OftenReadings()
    {
        OftenReading[] week = [.. Readings()[..Week].Select(static r => new OftenReading
        {
            Sensor = Key, Site = r.Site, Time = r.Time, Load = r.Load, Humidity = r.Humidity, Outdoor = r.Outdoor,
        })];
        return [.. week, .. week[..(Horizon + 1)]];
    }

    /// <summary>The token of a step, if each step made as many records known ahead, the farthest ones.</summary>
    private static float[] Token(long step, int ahead, TimeSpan offset)
    {
        float[] token = new float[UtcForecaster.InputWidth];
        (token[0], token[1], token[2]) = (Value(step, 0), Value(step, 1), Value(step, 2));
        for (int i = 1; i <= Horizon; i++)
        {
            // What lies nearer to the first record than it made known is missing.
            bool isKnown = ahead > 0 && step + i >= Horizon + 1 - ahead;
            token[2 + i] = isKnown ? Value(step + i, 2) : float.NaN;
        }
        DateTimeOffset local = Time(step).ToOffset(offset);
        token[^3] = (int)Site.Roof;
        token[^2] = local.Hour;
        token[^1] = ((int)local.DayOfWeek + 6) % 7;
        return token;
    }

    /// <summary>A way in which records come.</summary>
    /// <param name="Name">As tables show it.</param>
    /// <param name="Make">Gives the records of a step, whose place in the week follows it, their times.</param>
    /// <param name="Token">The token that they make.</param>
    /// <param name="Step">Gives the next records their times and takes them; says the number of a completed step and its forecast.</param>
    private sealed record Case(
        string Name, Action<long, int> Make, Func<long, float[]> Token, Action<Action<long, PredictedSeries>?> Step);
}
