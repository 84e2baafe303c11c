using System.Globalization;

namespace AarenGen.Benchmarks;

/// <summary>
/// What a step with a typed record costs beyond the same model's step with the same token: reading and checking the record, the values
/// known ahead, the calendar, the token, and the forecast's view.
/// </summary>
internal sealed class RecordsBenchmark : IBenchmark
{
    private const string Key = "roof";
    private const int Seed = 1, Horizon = 24, Checked = 400;

    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The measured values of a week, so that no step has the token of the one before.</summary>
    private static readonly float[] Values = [.. Enumerable.Range(0, 168).Select(static i => MathF.Sin(i * 0.26f))];

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
        // Many short rounds: a disturbance that lasts must not reach one contestant alone.
        Contest contest = thoroughness.IsShort ? thoroughness.Contest : new(101, TimeSpan.FromMilliseconds(15));
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
                "A token has 30 numbers, an output 72. Added is the median over rounds of the difference in the same round. Both make the "
                + "same records, by changing some in place.",
            ],
        };
    }

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static float Value(long step, int column) => Values[(int)((step + 31 * column) % Values.Length)];

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

    /// <summary>Steps with tokens that stand ready, while the same records are made.</summary>
    private static Action Plain(Case one)
    {
        UtcForecaster model = UtcForecaster.Create(Seed);
        StreamState<UtcForecaster> state = model.CreateState();
        float[] output = new float[UtcForecaster.OutputWidth];
        float[][] tokens = [.. Enumerable.Range(0, Values.Length).Select(t => one.Token(Values.Length + t))];
        long step = 0;
        int at = 0;
        return () =>
        {
            one.Make(step++);
            model.Step(state, tokens[at], output);
            at = at + 1 < tokens.Length ? at + 1 : 0;
        };
    }

    private static Case Utc(string name, int ahead)
    {
        UtcForecaster model = UtcForecaster.Create(Seed);
        SeriesState<UtcForecaster> state = model.CreateSeriesState(Key);
        var record = new Reading { Sensor = Key, Site = Site.Roof };
        Reading[] later = Later(ahead);
        long step = 0;
        return new(name, at => Fill(record, later, at), at => Token(at, ahead, TimeSpan.Zero), check =>
        {
            Fill(record, later, step);
            UtcForecaster.Forecast? forecast = model.Step(state, record, later);
            check?.Invoke(step, forecast!.Value.Load);
            step++;
        });
    }

    private static Case Berlin(string name)
    {
        BerlinForecaster model = BerlinForecaster.Create(Seed);
        SeriesState<BerlinForecaster> state = model.CreateSeriesState(Key);
        var record = new Reading { Sensor = Key, Site = Site.Roof };
        Reading[] later = Later(1);
        TimeZoneInfo zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        long step = 0;
        return new(name, at => Fill(record, later, at), at => Token(at, 1, zone.GetUtcOffset(Time(at))), check =>
        {
            Fill(record, later, step);
            BerlinForecaster.Forecast? forecast = model.Step(state, record, later);
            check?.Invoke(step, forecast!.Value.Load);
            step++;
        });
    }

    private static Case Often(string name)
    {
        OftenForecaster model = OftenForecaster.Create(Seed);
        SeriesState<OftenForecaster> state = model.CreateSeriesState(Key);
        var record = new OftenReading { Sensor = Key, Site = Site.Roof };
        OftenReading[] later = [new() { Sensor = Key }];
        long step = 0;
        return new(name, Make, Token, check =>
        {
            MakeFirst(step);
            // The first record of an interval completes the interval before it.
            OftenForecaster.Forecast? forecast = model.Step(state, record, later);
            if (step > 0)
            {
                check?.Invoke(step - 1, forecast!.Value.Load);
            }
            MakeSecond(step);
            model.Step(state, record, []);
            step++;
        });

        void Make(long at)
        {
            MakeFirst(at);
            MakeSecond(at);
        }

        void MakeFirst(long at)
        {
            record.Time = Time(at);
            (record.Load, record.Humidity, record.Outdoor) = (Value(at, 0), Value(at, 1), Value(at, 2));
            (later[0].Time, later[0].Outdoor) = (Time(at + Horizon), Value(at + Horizon, 2));
        }

        void MakeSecond(long at) => record.Time = new(Time(at).Ticks + TimeSpan.TicksPerHour / 2, TimeSpan.Zero);

        static float[] Token(long at)
        {
            float[] token = RecordsBenchmark.Token(at, 1, TimeSpan.Zero);
            // What the new record itself says of its interval is known one interval ahead.
            token[3] = Value(at + 1, 2);
            return token;
        }
    }

    private static Reading[] Later(int count) => [.. Enumerable.Range(0, count).Select(static _ => new Reading { Sensor = Key })];

    private static void Fill(Reading record, Reading[] later, long step)
    {
        record.Time = Time(step);
        (record.Load, record.Humidity, record.Outdoor) = (Value(step, 0), Value(step, 1), Value(step, 2));
        for (int i = 0; i < later.Length; i++)
        {
            int after = Horizon + 1 - later.Length + i;
            (later[i].Time, later[i].Outdoor) = (Time(step + after), Value(step + after, 2));
        }
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
    /// <param name="Make">Makes the records of a step, and does nothing with them.</param>
    /// <param name="Token">The token that they make.</param>
    /// <param name="Step">Makes the next records and takes them; gives the number of a completed step and its forecast.</param>
    private sealed record Case(string Name, Action<long> Make, Func<long, float[]> Token, Action<Action<long, PredictedSeries>?> Step);
}
