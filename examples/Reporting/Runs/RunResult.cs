namespace Reporting;

/// <summary>What a run is: one model, or baseline, in one setting, from one seed.</summary>
/// <param name="Task">forecasting, classification or events.</param>
/// <param name="Dataset">The data: their name and content.</param>
/// <param name="Setting">What is asked of the model, such as "horizon 96".</param>
/// <param name="Model">The mixer's or baseline's name.</param>
/// <param name="Seed">Decides initial weights, the order of the data and what is drawn.</param>
internal sealed record RunKey(string Task, DataIdentity Dataset, string Setting, string Model, int Seed);

/// <summary>What decides a run's result beside its key. Runs of different versions are never averaged.</summary>
/// <param name="Options">Options, and whatever else was chosen.</param>
/// <param name="Program">The program that made it.</param>
internal sealed record RunVersion(string Options, string Program);

/// <summary>A score of a run.</summary>
/// <param name="Name">Its name, with its unit.</param>
/// <param name="Value">Its value on the test part.</param>
/// <param name="HigherIsBetter">Which way is better.</param>
internal sealed record Metric(string Name, double Value, bool HigherIsBetter = false);

/// <summary>An epoch of training.</summary>
internal sealed record Epoch(double Training, double? Validation);

/// <summary>What was trained, and how it went.</summary>
/// <param name="Declaration">The model's attributes, as compiled.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="StateBytes">Bytes that a stream remembers.</param>
/// <param name="Recipe">How it was trained.</param>
/// <param name="Epochs">The epochs in order.</param>
/// <param name="BestEpoch">The epoch whose weights were scored, chosen on validation data.</param>
/// <param name="Seconds">Time of training.</param>
internal sealed record Training(
    string Declaration, long Parameters, long StateBytes, string Recipe, IReadOnlyList<Epoch> Epochs, int BestEpoch, double Seconds);

/// <summary>Who made a figure, and how.</summary>
internal sealed record Provenance(string Command, string Commit, string Machine, DateTimeOffset Started);

/// <summary>A finished run.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Version">All that decides its result beside the key.</param>
/// <param name="Metrics">Its scores, the first being the headline.</param>
/// <param name="Training">How it was trained; null for a baseline.</param>
/// <param name="Forecast">An example forecast, where there is one.</param>
/// <param name="Confusion">Counts of true (rows) and predicted classes, where there are.</param>
/// <param name="Density">A predicted density, where there is one.</param>
/// <param name="Scores">Scores of single episodes, where there are.</param>
/// <param name="Provenance">Who made it.</param>
internal sealed record RunResult(
    RunKey Key, RunVersion Version, IReadOnlyList<Metric> Metrics, Training? Training, ForecastFigure? Forecast, ConfusionFigure? Confusion,
    DensityFigure? Density, ScoresFigure? Scores, Provenance Provenance);

/// <summary>A forecast beside what came. Lower and Upper: an interval of 80 %.</summary>
internal sealed record ForecastFigure(string Title, float[] History, float[] Truth, float[] Median, float[] Lower, float[] Upper);

/// <summary>How often each class was taken for each other.</summary>
internal sealed record ConfusionFigure(string[] Labels, long[] Counts);

/// <summary>Densities of the next interval, averaged over the test part, beside the histogram of what came.</summary>
/// <param name="Unit">The unit of time.</param>
/// <param name="Edges">Borders of the histogram's bars, one more than there are bars; evenly spaced in the logarithm.</param>
/// <param name="Shares">Shares of the true intervals in the bars.</param>
/// <param name="Predicted">Mean predicted probability of the bars.</param>
internal sealed record DensityFigure(string Unit, double[] Edges, double[] Shares, double[] Predicted);

/// <summary>How single episodes came out.</summary>
/// <param name="Episodes">A score each.</param>
/// <param name="Reference">Mean score of the data that was learned from.</param>
internal sealed record ScoresFigure(double[] Episodes, double Reference);

/// <summary>A run that can be made.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Options">All that decides its result beside the key and the program.</param>
/// <param name="Make">Makes it, telling the share that is done.</param>
internal sealed record PlannedRun(RunKey Key, string Options, Func<IProgress<double>, CancellationToken, RunOutcome> Make);

/// <summary>What making a run gives, before it is known who made it.</summary>
internal sealed record RunOutcome(
    IReadOnlyList<Metric> Metrics, Training? Training = null, ForecastFigure? Forecast = null, ConfusionFigure? Confusion = null,
    DensityFigure? Density = null,
    ScoresFigure? Scores = null);
