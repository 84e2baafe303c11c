namespace AarenGen.Serving.Tests;

/// <summary>Random records of a task, good and bad ones, and how a series reads them in one process.</summary>
internal abstract class RecordScript<TModel, TRecord>
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    private readonly Dictionary<string, DateTimeOffset> times = [];

    /// <summary>Whether streams have intervals that end without a record.</summary>
    public virtual bool CanAdvance => false;

    public bool HasKeys { get; init; } = true;

    /// <summary>The next record of a stream.</summary>
    public RecordStep<TRecord> Next(Random random, string id, TimeSpan every)
    {
        DateTimeOffset time = Move(random, id, every);
        RecordStep<TRecord> step = Next(random, id, time);
        return HasKeys ? step : step with { Id = id };
    }

    /// <summary>The time goes on, mostly by an interval; at times it falls, or makes a gap.</summary>
    public DateTimeOffset Move(Random random, string id, TimeSpan every)
    {
        DateTimeOffset before = times.GetValueOrDefault(id, new(2026, 3, 27, 21, 0, 0, TimeSpan.Zero));
        DateTimeOffset time = before + random.Next(24) switch
        {
            0 => every * 3,
            1 => every * 50,
            2 => -every,
            3 => TimeSpan.Zero,
            < 8 => every / 3,
            _ => every,
        };
        times[id] = time > before && time - before < every * 10 ? time : before;
        return time;
    }

    /// <summary>Reads a record; returns whether that gave an output. What a model in one process throws is thrown.</summary>
    public abstract bool Step(TModel model, SeriesState<TModel> state, RecordStep<TRecord> step);

    public virtual bool Advance(TModel model, SeriesState<TModel> state, DateTimeOffset now) => throw new NotSupportedException();

    protected abstract RecordStep<TRecord> Next(Random random, string id, DateTimeOffset time);

    protected static double? Value(Random random) => random.Next(40) switch
    {
        0 => double.PositiveInfinity,
        1 => 1e20,
        < 6 => null,
        _ => random.NextDouble() * 4 - 2,
    };
}

internal sealed class LoadScript : RecordScript<LoadModel, Reading>
{
    public override bool CanAdvance => true;

    public override bool Step(LoadModel model, SeriesState<LoadModel> state, RecordStep<Reading> step) =>
        model.Step(state, step.Record, [.. step.Ahead]) is not null;

    public override bool Advance(LoadModel model, SeriesState<LoadModel> state, DateTimeOffset now) =>
        model.Advance(state, now) is not null;

    protected override RecordStep<Reading> Next(Random random, string id, DateTimeOffset time) => Readings.Next(random, id, time);
}

internal sealed class LevelScript : RecordScript<LevelModel, Level>
{
    public override bool CanAdvance => true;

    public override bool Step(LevelModel model, SeriesState<LevelModel> state, RecordStep<Level> step) =>
        model.Step(state, step.Record) is not null;

    public override bool Advance(LevelModel model, SeriesState<LevelModel> state, DateTimeOffset now) =>
        model.Advance(state, now) is not null;

    protected override RecordStep<Level> Next(Random random, string id, DateTimeOffset time) => new()
    {
        Record = new() { Tank = id, Time = time, Height = Value(random), Inflow = Value(random) },
    };
}

internal static class Readings
{
    public static RecordStep<Reading> Next(Random random, string id, DateTimeOffset time) => new()
    {
        Record = At(random, id, time, isWhole: true),
        // More than fit, at times; some are out of order.
        Ahead = [.. Enumerable.Range(1, random.Next(2) == 0 ? 0 : random.Next(7)).Select(
            i => At(random, id, time.AddHours(random.Next(20) == 0 ? -i : i), isWhole: false))],
    };

    public static Reading At(Random random, string id, DateTimeOffset time, bool isWhole) => new()
    {
        Sensor = id, Time = time, Load = isWhole ? Value(random) : double.PositiveInfinity, Flow = (float?)Value(random),
        Humidity = isWhole ? Value(random) : null, Outdoor = random.Next(4) == 0 ? null : random.NextDouble(),
        Site = random.Next(3) switch { 0 => null, 1 => Site.Roof, _ => random.Next(30) == 0 ? (Site)7 : Site.Cellar },
    };

    private static double? Value(Random random) => random.Next(60) switch
    {
        0 => double.PositiveInfinity,
        1 => 1e20,
        < 8 => null,
        _ => random.NextDouble() * 4 - 2,
    };
}

internal sealed class SaleScript : RecordScript<SaleModel, Sale>
{
    public override bool CanAdvance => true;

    public override bool Step(SaleModel model, SeriesState<SaleModel> state, RecordStep<Sale> step) =>
        model.Step(state, step.Record, [.. step.Ahead]) is not null;

    public override bool Advance(SaleModel model, SeriesState<SaleModel> state, DateTimeOffset now) =>
        model.Advance(state, now) is not null;

    protected override RecordStep<Sale> Next(Random random, string id, DateTimeOffset time) => new()
    {
        Record = At(id, time),
        Ahead = [.. Enumerable.Range(1, random.Next(2) == 0 ? 0 : random.Next(4)).Select(
            i => At(id, time.AddHours(i * random.Next(1, 15))))],
    };

    private static Sale At(string id, DateTimeOffset time) => new()
    {
        Shop = int.Parse(id, System.Globalization.CultureInfo.InvariantCulture), Time = time,
        Amount = time.Ticks / TimeSpan.TicksPerHour % 17 / 3.0, Discount = time.Hour % 3 == 0 ? null : time.Hour / 24.0,
    };
}

internal sealed class VisitScript : RecordScript<VisitModel, Visit>
{
    public override bool Step(VisitModel model, SeriesState<VisitModel> state, RecordStep<Visit> step)
    {
        model.Step(state, step.Record);
        return true;
    }

    protected override RecordStep<Visit> Next(Random random, string id, DateTimeOffset time) => new()
    {
        Record = new() { Visitor = id, Time = time, Amount = Value(random), Action = random.Next(5) == 0 ? null : (Visited)random.Next(3) },
    };
}

internal sealed class BeatScript : RecordScript<BeatModel, Beat>
{
    public BeatScript() => HasKeys = false;

    public override bool Step(BeatModel model, SeriesState<BeatModel> state, RecordStep<Beat> step)
    {
        model.Step(state, step.Record);
        return true;
    }

    protected override RecordStep<Beat> Next(Random random, string id, DateTimeOffset time) => new() { Record = new(time, Value(random)) };
}

internal sealed class SoundScript : RecordScript<SoundModel, Sound>
{
    public override bool Step(SoundModel model, SeriesState<SoundModel> state, RecordStep<Sound> step) =>
        model.Step(state, step.Record) is not null;

    protected override RecordStep<Sound> Next(Random random, string id, DateTimeOffset time) => new()
    {
        Record = new(id, Value(random), random.Next(2) == 0 ? null : "nothing that is declared"),
    };
}

/// <summary>Begins episodes, tells rewards and actions, at times where it must not.</summary>
internal abstract class DecisionScript<TModel, TRecord> : RecordScript<TModel, TRecord>
    where TModel : RecordModel<TModel, TRecord>, IModelDefinition<TModel>, IRecordBinding<TRecord>
{
    protected static RecordStep<TRecord> Step(Random random, TRecord record, TRecord taken)
    {
        bool begins = random.Next(5) == 0;
        var step = new RecordStep<TRecord>
        {
            Record = record,
            TargetReturn = begins ? random.Next(30) == 0 ? double.NaN : random.NextDouble() * 9 : null,
            Reward = random.Next(begins ? 20 : 2) > 0 ? random.Next(9) > 0 ? 0 : null : random.NextDouble(),
        };
        return random.Next(begins ? 20 : 4) > 0 ? step : step with { Taken = taken };
    }
}

internal sealed class PushScript : DecisionScript<PushModel, Push>
{
    public override bool Step(PushModel model, SeriesState<PushModel> state, RecordStep<Push> step)
    {
        if (step.TargetReturn is { } target)
        {
            model.BeginEpisode(state, target);
        }
        if (step.Taken is not null)
        {
            model.SetAction(state, step.Taken);
        }
        _ = step.Reward is { } reward ? model.Decide(state, step.Record, reward) : model.Decide(state, step.Record);
        return true;
    }

    protected override RecordStep<Push> Next(Random random, string id, DateTimeOffset time) => Step(
        random,
        new() { Cart = id, Time = time, Position = Value(random), IsRough = random.Next(2) == 0, Force = float.NaN },
        new() { Cart = id, Position = double.NaN, Force = random.Next(20) == 0 ? 3 : random.NextSingle() * 4 - 2 });
}

internal sealed class MoveScript : DecisionScript<MoveModel, Move>
{
    public override bool Step(MoveModel model, SeriesState<MoveModel> state, RecordStep<Move> step)
    {
        if (step.TargetReturn is { } target)
        {
            model.BeginEpisode(state, target);
        }
        if (step.Taken is { Way: not null } taken)
        {
            model.SetAction(state, taken);
        }
        _ = step.Reward is { } reward ? model.Decide(state, step.Record, reward) : model.Decide(state, step.Record);
        return true;
    }

    protected override RecordStep<Move> Next(Random random, string id, DateTimeOffset time) => Step(
        random, new(id, random.Next(random.Next(30) == 0 ? 9 : 7), null, 0),
        new(id, 0, random.Next(20) == 0 ? "up" : (string[])["left", "stay", "right"] is var ways ? ways[random.Next(3)] : "", 0));
}
