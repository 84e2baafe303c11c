using System.Globalization;
using System.Text.Json;

namespace AarenGen;

/// <summary>Writes what models with a task give as JSON objects.</summary>
internal static class TaskJson
{
    /// <summary>Of waits, which have no levels of their own.</summary>
    private static readonly double[] WaitLevels = [0.1, 0.5, 0.9];

    public static void Write(Utf8JsonWriter json, ForecastCore core)
    {
        ForecastLayout layout = core.Layout;
        json.WriteStartObject();
        json.WriteString("origin", Start(core.OutputInterval));
        json.WriteStartArray("times");
        for (int step = 0; step < layout.Horizon; step++)
        {
            json.WriteStringValue(Start(core.OutputInterval + 1 + step));
        }
        json.WriteEndArray();
        json.WriteStartObject("targets");
        for (int target = 0; target < layout.TargetCount; target++)
        {
            json.WriteStartObject(layout.Columns[target].Name);
            WriteTarget(json, core, target);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndObject();

        DateTimeOffset Start(long interval) => layout.Grid.StartOf(interval);
    }

    public static void Write(Utf8JsonWriter json, EventCore core)
    {
        EventLayout layout = core.Layout;
        LogNormalMixturePrediction wait = layout.Wait(core.Outputs);
        json.WriteStartObject();
        json.WriteString("time", new DateTimeOffset(core.Ticks, TimeSpan.Zero));
        json.WriteStartObject("wait");
        WriteNumber(json, "mean", Seconds(wait.Mean));
        json.WriteStartObject("quantiles");
        foreach (double level in WaitLevels)
        {
            WriteNumber(json, Name(level), Seconds(wait.Quantile(level)));
        }
        json.WriteEndObject();
        WriteNumber(json, "anomaly", core.WaitAnomaly);
        json.WriteEndObject();
        if (layout.HasMark)
        {
            json.WriteStartObject("mark");
            WriteLabels(json, "mostLikely", layout.Task.Marks, layout.Mark(core.Outputs));
            WriteNumber(json, "anomaly", core.MarkAnomaly);
            json.WriteEndObject();
        }
        json.WriteEndObject();

        double Seconds(double wait) => double.IsNaN(wait) ? wait : layout.Span(wait).TotalSeconds;
    }

    public static void Write(Utf8JsonWriter json, DecisionCore core)
    {
        DecisionLayout layout = core.Layout;
        json.WriteStartObject();
        if (layout.IsDiscrete)
        {
            json.WriteStartObject(layout.Columns[layout.FirstActionColumn].Name);
            WriteLabels(json, "mostLikely", layout.Choices, new(core.Outputs));
            json.WriteEndObject();
        }
        for (int action = 0; action < layout.ActionCount && !layout.IsDiscrete; action++)
        {
            WriteNumber(json, layout.Columns[layout.FirstActionColumn + action].Name, layout.Range(action).Restore(core.Outputs[action]));
        }
        json.WriteEndObject();
    }

    /// <summary>Writes the most probable label, and the probability of each.</summary>
    public static void WriteLabels(Utf8JsonWriter json, string name, IReadOnlyList<string> labels, CategoricalPrediction prediction)
    {
        // Weights that overflow predict nothing.
        json.WriteString(name, double.IsNaN(prediction.Probability(prediction.MostLikely)) ? null : labels[prediction.MostLikely]);
        json.WriteStartObject("probabilities");
        for (int i = 0; i < labels.Count; i++)
        {
            WriteNumber(json, labels[i], prediction.Probability(i));
        }
        json.WriteEndObject();
    }

    private static void WriteTarget(Utf8JsonWriter json, ForecastCore core, int target)
    {
        ForecastLayout layout = core.Layout;
        if (!layout.HasDistributions)
        {
            WriteNumbers(json, "values", layout.Horizon, step => layout.Value(core.Outputs, target, step));
            return;
        }
        WriteNumbers(json, "median", layout.Horizon, step => layout.Distribution(core.Outputs, target, step).Median);
        json.WriteStartObject("quantiles");
        foreach (double level in layout.Levels)
        {
            WriteNumbers(json, Name(level), layout.Horizon, step => layout.Distribution(core.Outputs, target, step).Quantile(level));
        }
        json.WriteEndObject();
        WriteNumber(json, "anomaly", core.Anomaly(target));
        if (core.AnomalyTime(target) is { } time)
        {
            json.WriteString("anomalyTime", time);
        }
        else
        {
            json.WriteNull("anomalyTime");
        }
    }

    private static string Name(double level) => level.ToString(CultureInfo.InvariantCulture);

    private static void WriteNumbers(Utf8JsonWriter json, string name, int count, Func<int, double> number)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < count; i++)
        {
            WriteValue(json, number(i));
        }
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double number)
    {
        json.WritePropertyName(name);
        WriteValue(json, number);
    }

    /// <summary>JSON has neither NaN nor infinity: null, and the largest number, since no anomaly is above an infinite one.</summary>
    private static void WriteValue(Utf8JsonWriter json, double number)
    {
        if (double.IsNaN(number))
        {
            json.WriteNullValue();
            return;
        }
        json.WriteNumberValue(Math.Clamp(number, double.MinValue, double.MaxValue));
    }
}
