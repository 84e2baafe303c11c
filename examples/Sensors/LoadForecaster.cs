using AarenGen;

namespace Sensors;

/// <summary>
/// Forecasts the load of the next 24 hours. The calendar has one clock, that of Hamburg. Boston's is six hours behind it, which the layers
/// learn from the site, except in the week between the nights in which the two set their clocks back, when it is five.
/// </summary>
[SequenceModel, Forecast<Reading>(24, "1h", TimeZone = "Europe/Berlin")]
[Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize(PerSeries = true)]
[Dense(64), Dropout(0.2), Aaren(Repeat = 2, Forget = true, Convolution = 4), Dropout(0.2), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class LoadForecaster;
