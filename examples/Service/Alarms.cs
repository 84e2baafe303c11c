namespace Service;

/// <summary>The last alarms, newest first.</summary>
/// <remarks>Thread safety: any number of threads may call all members.</remarks>
internal sealed class Alarms
{
    public const int Kept = 40;

    private readonly LinkedList<(int Sensor, Alarm Alarm)> alarms = [];

    /// <summary>Changes with every alarm.</summary>
    public long Version { get; private set; }

    public void Add(int sensor, Alarm alarm)
    {
        lock (alarms)
        {
            alarms.AddFirst((sensor, alarm));
            if (alarms.Count > Kept)
            {
                alarms.RemoveLast();
            }
            Version++;
        }
    }

    public void AddRange(IEnumerable<(int Sensor, Alarm Alarm)> oldestFirst)
    {
        foreach ((int sensor, Alarm alarm) in oldestFirst)
        {
            Add(sensor, alarm);
        }
    }

    public (int Sensor, Alarm Alarm)[] Newest()
    {
        lock (alarms)
        {
            return [.. alarms];
        }
    }
}
