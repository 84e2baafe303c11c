using AarenGen.Generator.Model;

namespace AarenGen.Generator.Emission.Cuda;

/// <summary>Gathers the stages of one layer, for all its blocks, phase by phase; neighbours that can are joined.</summary>
internal sealed class DeviceLayer(LayerPlan plan)
{
    /// <summary>Parts into which a matrix's gradient is cut along the rows of the batch, so that small matrices too keep a device busy.</summary>
    public const int SmallestParts = 2, LargestParts = 32, BlocksWanted = 128;

    private readonly Dictionary<string, Value> deferred = new(StringComparer.Ordinal);
    private readonly List<GradientRun> runs = [];
    private readonly List<DeviceStage> last = [];
    private List<DeviceStage> current = [];

    public LayerPlan Plan => plan;

    public List<DeviceStage> Prepare { get; } = [];

    public List<DeviceStage> Forward { get; } = [];

    public List<DeviceStage> Backward { get; } = [];

    public List<DeviceStage> Finish { get; } = [];

    /// <summary>The parameters' gradients of the first block, each in parts.</summary>
    public IReadOnlyList<GradientRun> Runs => runs;

    /// <summary>Floats of all parts of one block.</summary>
    public long PartialFloats { get; private set; }

    public void Add(DeviceStage stage)
    {
        if (current.Count > 0 && current[current.Count - 1].Join(stage) is { } joined)
        {
            current[current.Count - 1] = joined;
            return;
        }
        current.Add(stage);
    }

    /// <summary>Adds a stage of the way back behind all others: nothing in the layer reads what it writes, nothing changes what it reads.</summary>
    public void AddLast(DeviceStage stage) => last.Add(stage);

    public void Add(string name, LaunchShape shape, int threads, string[] libraries, Action<KernelWriter> print, bool countsSquares = false) =>
        Add(new SimpleStage(name, shape, threads, libraries, print, countsSquares));

    /// <summary>The stages of all operations; those of an operation without a device part are left out.</summary>
    public void Gather()
    {
        Phase(Prepare, static (part, layer, _) => part.Prepare(layer), reverse: false);
        Phase(Forward, static (part, layer, _) => part.Forward(layer), reverse: false);
        Phase(Backward, static (part, layer, accumulates) => part.Backward(layer, accumulates), reverse: true);
        last.ForEach(Add);
        foreach (KeyValuePair<string, Value> copy in deferred.ToArray())
        {
            deferred.Remove(copy.Key);
            Value to = copy.Key == "input" ? new Value("input", plan.InputWidth) : plan.Values.Single(v => v.Name == copy.Key);
            Add(Rowwise.GradientStage(copy.Value, to, accumulates: false));
        }
        foreach (DeviceStage stage in Backward)
        {
            stage.Place();
        }
        Phase(Finish, static (part, layer, _) => part.Finish(layer), reverse: false);
    }

    /// <summary>
    /// Says that a value's gradient so far is another's as it is, and nothing else changes that one: whoever adds to it, or reads it, reads the
    /// other's memory.
    /// </summary>
    public void Defer(Value from, Value to) => deferred[to.Name] = Resolve(from);

    /// <summary>The value whose gradient's memory holds this one's.</summary>
    public Value Resolve(Value value) => deferred.TryGetValue(value.Name, out Value? other) ? other : value;

    /// <summary>The value whose gradient is to be added when this one's is written; null where it is the first.</summary>
    public Value? Addend(Value value, bool accumulates)
    {
        if (!accumulates)
        {
            return null;
        }
        Value addend = Resolve(value);
        deferred.Remove(value.Name);
        return addend;
    }

    /// <summary>Places for a gradient in so many parts.</summary>
    public GradientRun Partials(int start, int length, int parts, bool isCounted)
    {
        var run = new GradientRun(start, length, parts, isCounted, PartialFloats);
        runs.Add(run);
        PartialFloats = checked(PartialFloats + (long)length * parts);
        return run;
    }

    public GradientRun Partials(Parameter parameter, int parts) => Partials(plan.Weights.Start + parameter.Offset, parameter.Floats, parts, isCounted: true);

    public GradientRun Partials(Region derived, int parts) => Partials(plan.Derived.Start + derived.Offset, derived.Length, parts, isCounted: false);

    private void Phase(List<DeviceStage> stages, Action<DevicePart, DeviceLayer, EquatableArray<bool>> add, bool reverse)
    {
        current = stages;
        foreach (OperationStep step in reverse ? plan.Operations.Reverse() : plan.Operations)
        {
            if (step.Operation.Device is { } part)
            {
                add(part, this, step.Accumulates);
            }
        }
    }
}

/// <summary>A parameter's gradient of the first block in parts that are added up once a step. Offset: among the parts of the block.</summary>
internal sealed record GradientRun(int Start, int Length, int Parts, bool IsCounted, long Offset);
