namespace Reporting;

/// <summary>Identity of a run: one model or baseline, one setting, one seed.</summary>
/// <param name="Task">forecasting, classification or events.</param>
/// <param name="Dataset">The data: their name and content.</param>
/// <param name="Setting">The task of the model, such as "horizon 96".</param>
/// <param name="Model">The mixer's or baseline's name.</param>
/// <param name="Seed">Decides initial weights, the order of the data and random numbers.</param>
internal sealed record RunKey(string Task, DataIdentity Dataset, string Setting, string Model, int Seed);

/// <summary>Everything else that decides the result of a run. Runs of different versions are never averaged.</summary>
/// <param name="Options">Options and other choices.</param>
/// <param name="Program">The program that made it.</param>
internal sealed record RunVersion(string Options, string Program);

/// <summary>A score of a run.</summary>
/// <param name="Name">Its name, with its unit.</param>
/// <param name="Value">Its value on the test part.</param>
/// <param name="HigherIsBetter">Whether a higher value is better.</param>
internal sealed record Metric(string Name, double Value, bool HigherIsBetter = false);

/// <summary>An epoch of training.</summary>
internal sealed record Epoch(double Training, double? Validation);

/// <summary>A trained model and the course of its training.</summary>
/// <param name="Declaration">The model's attributes, as compiled.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="StateBytes">Bytes of a stream's state.</param>
/// <param name="Recipe">How it was trained.</param>
/// <param name="Epochs">The epochs in order.</param>
/// <param name="BestEpoch">The epoch whose weights were scored, chosen on validation data.</param>
/// <param name="Seconds">Time of training.</param>
internal sealed record Training(
    string Declaration, long Parameters, long StateBytes, string Recipe, IReadOnlyList<Epoch> Epochs, int BestEpoch, double Seconds);

/// <summary>The origin of a figure.</summary>
internal sealed record Provenance(string Command, string Commit, string Machine, DateTimeOffset Started);

/// <summary>A finished run.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Version">Everything else that decides its result.</param>
/// <param name="Metrics">Its scores, the first being the headline.</param>
/// <param name="Training">How it was trained; null for a baseline.</param>
/// <param name="Forecast">An example forecast; null: none.</param>
/// <param name="Confusion">Counts of true (rows) and predicted classes; null: none.</param>
/// <param name="Density">A predicted density; null: none.</param>
/// <param name="Scores">Scores of single episodes; null: none.</param>
/// <param name="Provenance">Its origin.</param>
internal sealed record RunResult(
    RunKey Key, RunVersion Version, IReadOnlyList<Metric> Metrics, Training? Training, ForecastFigure? Forecast, ConfusionFigure? Confusion,
    DensityFigure? Density, ScoresFigure? Scores, Provenance Provenance);

/// <summary>A forecast and the true values. Lower and Upper: an interval of 80 %.</summary>
internal sealed record ForecastFigure(string Title, float[] History, float[] Truth, float[] Median, float[] Lower, float[] Upper);

/// <summary>Counts of each predicted class for each true class.</summary>
internal sealed record ConfusionFigure(string[] Labels, long[] Counts);

/// <summary>Densities of the next interval, averaged over the test part, and the histogram of the true intervals.</summary>
/// <param name="Unit">The unit of time.</param>
/// <param name="Edges">Edges of the histogram's bars, one more than there are bars; evenly spaced in the logarithm.</param>
/// <param name="Shares">Fractions of the true intervals in the bars.</param>
/// <param name="Predicted">Mean predicted probability of the bars.</param>
internal sealed record DensityFigure(string Unit, double[] Edges, double[] Shares, double[] Predicted);

/// <summary>Scores of single episodes.</summary>
/// <param name="Episodes">One score each.</param>
/// <param name="Reference">Mean score of the training data.</param>
internal sealed record ScoresFigure(double[] Episodes, double Reference);

/// <summary>A run that can be made.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Options">Everything else that decides its result, except the program.</param>
/// <param name="Make">Makes it, reporting the fraction that is done.</param>
internal sealed record PlannedRun(RunKey Key, string Options, Func<IProgress<double>, CancellationToken, RunOutcome> Make);

/// <summary>The outcome of a run, without its origin.</summary>
internal sealed record RunOutcome(
    IReadOnlyList<Metric> Metrics, Training? Training = null, ForecastFigure? Forecast = null, ConfusionFigure? Confusion = null,
    DensityFigure? Density = null,
    ScoresFigure? Scores = null);
