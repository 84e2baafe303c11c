using System.ComponentModel;

namespace AarenGen;

/// <summary>How the library knows a model's forecasts. Generated code implements it explicitly.</summary>
/// <typeparam name="TForecast">The typed view of a forecast.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IForecastDefinition<TForecast> where TForecast : struct
{
    /// <summary>What is forecast from what.</summary>
    static abstract ForecastTask Task { get; }

    /// <summary>Views a forecast by the names of its targets.</summary>
    /// <param name="output">The forecast.</param>
    static abstract TForecast View(ForecastOutput output);
}
