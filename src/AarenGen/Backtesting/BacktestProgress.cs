namespace AarenGen;

/// <summary>How far a backtest is.</summary>
/// <param name="Series">Series that were tested.</param>
/// <param name="SeriesCount">Series in all.</param>
public readonly record struct BacktestProgress(int Series, int SeriesCount);
