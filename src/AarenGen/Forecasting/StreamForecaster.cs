namespace AarenGen;

/// <summary>A model that is stepped through series by the code of streams: the same bits as live.</summary>
internal sealed class StreamForecaster<TModel> : OriginForecaster where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Levels at which distributions without levels of their own are scored.</summary>
    private static readonly double[] DefaultLevels = [0.1, 0.5, 0.9];

    private readonly TModel model;
    private readonly ForecastLayout layout;
    private readonly float[] token, outputs;
    private StreamState<TModel>? state;
    private ForecastSeries? series;
    private CalendarClock clock;

    public StreamForecaster(TModel model, ForecastLayout layout)
    {
        (this.model, this.layout) = (model, layout);
        token = new float[layout.Description.InputWidth];
        outputs = new float[layout.Description.OutputWidth];
        Targets = [.. layout.Columns.Take(layout.TargetCount).Select(static c => c.Name)];
        // A level is a float in the model, and a number as people write it in reports.
        Levels = !layout.HasDistributions ? []
            : layout.Head.LossKind == LossKind.Quantiles ? [.. layout.Head.Levels.Select(static level => (double)(decimal)level)]
            : DefaultLevels;
    }

    public override int Horizon => layout.Horizon;

    public override IReadOnlyList<string> Targets { get; }

    public override IReadOnlyList<double> Levels { get; }

    public override bool HasDensity => layout.HasDistributions && layout.Head.LossKind != LossKind.Quantiles;

    public override void Begin(RegularSeries series)
    {
        this.series = new(layout, series);
        state = model.CreateStateOf(layout.StatisticsOf(series.Key));
        clock = default;
    }

    public override bool Step(int row)
    {
        series!.WriteToken(row, ref clock, token);
        model.Step(state!, token, outputs);
        return state!.HasOutput;
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
