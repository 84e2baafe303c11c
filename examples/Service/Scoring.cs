using System.Runtime.CompilerServices;

namespace Service;

/// <summary>What became of the planted faults of one kind.</summary>
internal struct FaultCounts
{
    public int Planted, Found, Missed;

    /// <summary>Readings from the first wrong one to the one that was judged wrong, of all that were found.</summary>
    public int Delay;
}

/// <summary>A number for each <see cref="FaultKind"/>.</summary>
[InlineArray(KindCount)]
internal struct FaultCountsByKind
{
    public const int KindCount = 4;

    private FaultCounts first;
}

/// <summary>Compares what a detector says of a sensor with the faults that were planted there. A value, as the detector is.</summary>
internal struct Scoring
{
    /// <summary>How many readings after its end a fault may still be found.</summary>
    private const int Grace = 8;

    /// <summary>An alarm so soon after a fault is of the fault: the forecasts still suffer from it.</summary>
    private const int Aftermath = Fleet.ReadingsPerDay;

    private FaultCountsByKind counts;
    private bool isFound;

    /// <summary>Alarms where nothing was wrong.</summary>
    public int FalseAlarms { get; private set; }

    /// <summary>What became of the faults of a kind.</summary>
    public readonly FaultCounts this[FaultKind kind] => counts[(int)kind];

    /// <summary>The fault that an alarm is of; null: none.</summary>
    public static Fault? FaultOf(int sensor, long reading) =>
        Fleet.FaultAt(sensor, reading) is { } fault && reading < fault.End + Aftermath ? fault : null;

    /// <summary>Counts a reading.</summary>
    /// <param name="reading">Its number.</param>
    /// <param name="judgement">What the detector says.</param>
    /// <param name="planted">The last fault of the sensor.</param>
    public void Add(long reading, Judgement judgement, Fault? planted)
    {
        if (planted is not { } fault)
        {
            FalseAlarms += judgement.IsAlarm ? 1 : 0;
            return;
        }
        ref FaultCounts kind = ref counts[(int)fault.Kind];
        if (reading == fault.Start)
        {
            kind.Planted++;
            isFound = false;
        }
        if (judgement.Reason != AlarmReason.None && !isFound && reading < fault.End + Grace)
        {
            isFound = true;
            kind.Found++;
            kind.Delay += (int)(reading - fault.Start);
        }
        kind.Missed += reading == fault.End + Grace && !isFound ? 1 : 0;
        FalseAlarms += judgement.IsAlarm && reading >= fault.End + Aftermath ? 1 : 0;
    }
}
