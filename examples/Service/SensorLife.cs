namespace Service;

/// <summary>A sensor and its model without a service: what the whole must do, whatever is killed.</summary>
internal sealed class SensorLife(Forecaster model, int sensor)
{
    private readonly StreamState<Forecaster> state = model.CreateState();
    private readonly float[] token = new float[Forecaster.InputWidth];

    public SensorRecord Record;

    /// <summary>The model's last output.</summary>
    public float[] Output { get; } = new float[Forecaster.OutputWidth];

    /// <summary>Reads on to a reading.</summary>
    /// <param name="reading">Its number.</param>
    /// <param name="cancellation">Ends it; it has then read some.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public void ReadTo(long reading, CancellationToken cancellation = default)
    {
        while (Record.Reading < reading)
        {
            cancellation.ThrowIfCancellationRequested();
            Next();
        }
    }

    /// <summary>Judges the next reading, and reads it.</summary>
    public Point Next()
    {
        Point point = Record.Judge(sensor, Record.Reading == 0 ? default : Output);
        Forecaster.WriteToken(Record.Reading, point.Marks.HasFlag(PointMarks.Doubted) ? float.NaN : point.Value, token);
        model.Step(state, token, Output);
        return point;
    }
}
