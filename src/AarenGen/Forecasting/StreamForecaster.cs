namespace AarenGen;

/// <summary>A model that is stepped through series by the code of streams: the same bits as live.</summary>
internal sealed class StreamForecaster<TModel> : OriginForecaster where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly TModel model;
    private readonly ForecastLayout layout;
    private readonly float[] token;

    /// <summary>The outputs of the last forecast, and those of a step, which may have none.</summary>
    private float[] outputs, stepped;
    private StreamState<TModel>? state;
    private ForecastSeries? series;
    private CalendarClock clock;

    public StreamForecaster(TModel model, ForecastLayout layout)
    {
        (this.model, this.layout) = (model, layout);
        token = new float[layout.Description.InputWidth];
        outputs = new float[layout.Description.OutputWidth];
        stepped = new float[layout.Description.OutputWidth];
        Targets = [.. layout.Columns.Take(layout.TargetCount).Select(static c => c.Name)];
    }

    public override int Horizon => layout.Horizon;

    public override IReadOnlyList<string> Targets { get; }

    public override IReadOnlyList<double> Levels => layout.Levels;

    public override bool HasDensity => layout.HasDistributions && layout.Head.LossKind != LossKind.Quantiles;

    public override DateTimeOffset? FittedUntil => model.DataEnd;

    public override void Begin(RegularSeries series)
    {
        this.series = new(layout, series);
        state = model.CreateStateOf(layout.StatisticsOf(series.Key));
        clock = default;
    }

    public override bool Step(int row)
    {
        series!.WriteToken(row, ref clock, token);
        model.Step(state!, token, stepped);
        if (state!.HasOutput)
        {
            (outputs, stepped) = (stepped, outputs);
        }
        return state.HasOutput;
    }

    public override double Value(int target, int step) => layout.Point(outputs, target, step);

    public override void ReadQuantiles(int target, int step, Span<double> values)
    {
        PredictedDistribution distribution = layout.Distribution(outputs, target, step);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = distribution.Quantile(Levels[i]);
        }
    }

    public override double RankedProbabilityScore(int target, int step, double truth) =>
        layout.Distribution(outputs, target, step).RankedProbabilityScore(truth);

    public override double TailProbability(int target, int step, double truth) =>
        layout.Distribution(outputs, target, step).TailProbability(truth);

    public override double LogDensity(int target, int step, double truth) => layout.Distribution(outputs, target, step).LogDensity(truth);
}
