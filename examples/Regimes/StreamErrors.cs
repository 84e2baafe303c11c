using System.Diagnostics;
using AarenGen;

namespace Regimes;

/// <summary>How far a model is from the level of many streams, over time.</summary>
/// <param name="Model">Its name.</param>
/// <param name="StateBytes">Bytes of the state of a stream.</param>
/// <param name="Errors">For each token the root of the mean squared distance of its prediction from the next level.</param>
/// <param name="Microseconds">Time of a token.</param>
internal sealed record StreamErrors(string Model, long StateBytes, double[] Errors, double Microseconds)
{
    /// <summary>One state for each stream.</summary>
    public static StreamErrors OfStates<TModel>(string name, TModel model, LevelStream[] streams, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        StreamState<TModel>[] states = [.. streams.Select(_ => model.CreateState())];
        return Of(
            name, SequenceModel<TModel>.Description.StateBytes, streams,
            (tokens, outputs) => model.StepMany(states, tokens, outputs), cancellation);
    }

    /// <summary>Two states for each stream, which relieve each other.</summary>
    public static StreamErrors OfRelays<TModel>(string name, TModel model, LevelStream[] streams, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        StateRelay<TModel>[] relays = [.. streams.Select(_ => model.CreateRelay(LevelStream.WindowLength))];
        return Of(
            name, 2 * SequenceModel<TModel>.Description.StateBytes, streams,
            (tokens, outputs) =>
            {
                for (int i = 0; i < relays.Length; i++)
                {
                    model.Step(relays[i], tokens.AsSpan(i, 1), outputs.AsSpan(i, 1));
                }
            },
            cancellation);
    }

    /// <summary>The root of the mean squared error from a token to another.</summary>
    public double Between(int first, int end) => Math.Sqrt(Errors[first..end].Average(static e => e * e));

    private static StreamErrors Of(
        string name, long stateBytes, LevelStream[] streams, Action<float[], float[]> step, CancellationToken cancellation)
    {
        float[] tokens = new float[streams.Length], outputs = new float[streams.Length];
        var errors = new double[streams[0].Values.Length - 1];
        long started = Stopwatch.GetTimestamp();
        for (int t = 0; t < errors.Length; t++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < streams.Length; i++)
            {
                tokens[i] = streams[i].Values[t];
            }
            step(tokens, outputs);
            double sum = 0;
            for (int i = 0; i < streams.Length; i++)
            {
                double distance = outputs[i] - streams[i].Levels[t + 1];
                sum += distance * distance;
            }
            errors[t] = Math.Sqrt(sum / streams.Length);
        }
        double steps = (double)errors.Length * streams.Length;
        return new(name, stateBytes, errors, Stopwatch.GetElapsedTime(started).TotalMicroseconds / steps);
    }
}
