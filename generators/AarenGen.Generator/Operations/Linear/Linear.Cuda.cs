using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new TileKernel(Output.Name, new LinearForward([this], null, null))];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        if (Residual is not null)
        {
            yield return new CopyGradient(Output, Residual, accumulates[1]);
        }
        bool isForTokenGradients = layer.IsFirst && Input.IsAtBoundary;
        yield return new TileKernel(
            Output.Name, new LinearInputGradient([this], accumulates[0] ? Input : null, null, isForTokenGradients), isBackward: true);
        yield return WeightGradients.Of([new(this, null)]);
    }

    /// <summary>Device memory of W and b.</summary>
    internal (string Weight, string Bias) Pointers(KernelWriter w) => Matrix switch
    {
        ParameterMatrix m => (w.Weights(m.Values), w.Weights(m.Offsets)),
        DerivedMatrix m => (w.Derived(m.Values), w.Derived(m.Offsets)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    /// <summary>The partial gradients of W and b, in the given number of parts.</summary>
    internal IEnumerable<PartialGradient> Partials(int parts) => Matrix switch
    {
        ParameterMatrix m => [PartialGradient.Of(m.Values, parts), PartialGradient.Of(m.Offsets, parts)],
        DerivedMatrix m => [PartialGradient.Of(m.Values, parts), PartialGradient.Of(m.Offsets, parts)],
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    /// <summary>One part of the gradients of W and b.</summary>
    internal (string Weight, string Bias) PartialPointers(KernelWriter w, string part) => Matrix switch
    {
        ParameterMatrix m => (w.Partial(m.Values, part), w.Partial(m.Offsets, part)),
        DerivedMatrix m => (w.Partial(m.Values, part), w.Partial(m.Offsets, part)),
        _ => throw new InvalidOperationException(Matrix.Name),
    };

    /// <summary>
    /// The arithmetic: what a narrow map derived from parameters gives may be an exponent, which rounded factors would spoil; it is a small
    /// part of the work, so it stays in float32.
    /// </summary>
    private string Cores => Matrix.IsExact ? "0" : "TENSOR_CORES";

    /// <summary>The arithmetic and the sizes of the map.</summary>
    internal string DeviceMap(KernelWriter w) => w.Configuration(
        Output.Name + "_linear", ("cores", Cores), ("inputs", Input.Width), ("outputs", Output.Width), ("input_stride", Input.Stride),
        ("output_stride", Output.Stride));

    /// <summary>Whether a tile stays in shared memory for what reads it next, by its name in device code.</summary>
    internal static string Destination(bool staysInSharedMemory) => staysInSharedMemory ? "stays_in_shared_memory" : "leaves_shared_memory";
}

/// <summary>
/// Linear maps of the same rows, normalised as they are loaded where that is asked; an activation may follow the only one.
/// </summary>
internal sealed record LinearForward(EquatableArray<Linear> Maps, NormalizedRows? Normalization, ActivationEpilogue? Activation) : GemmTile(
    Maps.Sum(static m => TilesOf(m.Output.Width)),
    [
        "Linear", .. Normalization is null ? Array.Empty<string>() : ["Normalize"],
        .. Activation is null ? Array.Empty<string>() : ["Activate"],
    ],
    [
        Operand.Of(Normalization?.Input ?? Maps[0].Input),
        .. Maps.Where(static m => m.Residual is not null).Select(static m => Operand.Of(m.Residual!)),
    ],
    [
        .. Normalization is null ? Array.Empty<Operand>() : [Normalization.Statistics], .. Maps.Select(static m => Operand.Of(m.Output)),
        .. Activation is null ? Array.Empty<Operand>() : [Operand.Of(Activation.Output)],
    ]), IGemmCode
{
    public override Operand? Multiplies => Maps.Count == 1 && Normalization is null ? Operand.Of(Maps[0].Input) : null;

    public override Operand? Computes => Maps.Count == 1 ? Operand.Of(Activation?.Output ?? Maps[0].Output) : null;

    public IEnumerable<string> Comments =>
    [
        .. Normalization is null ? Array.Empty<string>()
        : [$"{Normalization.Output.Name} = LayerNorm({Normalization.Input.Name}), as it is loaded"],
        .. Maps.Select(static m =>
            $"{m.Output.Name} [rows, {m.Output.Width}] = {m.Input.Name} [rows, {m.Input.Width}] {m.Matrix.Name}^T + bias"
            + (m.Residual is null ? "" : $" + {m.Residual.Name}")),
        .. Activation is null ? Array.Empty<string>()
            : [$"{Activation.Output.Name} = {Activation.Function}({Activation.Input.Name}), which becomes the derivative"],
    ];

    /// <summary>The maps of both, where they read the same rows and none reads what another writes; null otherwise.</summary>
    public LinearForward? With(LinearForward other) =>
        Activation is null && other.Activation is null && Equals(Normalization, other.Normalization) && other.Maps[0].Input == Maps[0].Input
        && other.Maps.All(m => Maps.All(own => m.Residual != own.Output))
            ? new([.. Maps, .. other.Maps], Normalization, null) : null;

    public LinearForward Normalized(NormalizedRows rows) => new(Maps, rows, Activation);

    public LinearForward Activated(ActivationEpilogue activation) => new(Maps, Normalization, activation);

    public void PrintBefore(KernelWriter w, bool isAlone)
    {
        if (Normalization is { } n)
        {
            string statistics = w.Name(n.Statistics);
            w.Call(
                "tile_statistics", w.Rows(n.Input), w.Value(n.Input), "row", "rows", "memory.statistics",
                isAlone ? $"column == 0 ? {statistics} : nullptr" : statistics);
        }
    }

    public void PrintTile(KernelWriter w, bool staysInShared)
    {
        int first = 0;
        for (int i = 0; i < Maps.Count; i++)
        {
            Linear map = Maps[i];
            int start = first;
            w.OneOf("column", i, first += Tile * TilesOf(map.Output.Width), Maps.Count, () =>
            {
                (string weight, string bias) = map.Pointers(w);
                string column = start == 0 ? "column" : $"column - {start}";
                w.Call(
                    "linear_forward", $"{map.DeviceMap(w)}, {Linear.Destination(staysInShared)}",
                    Rows(w, map), weight, bias, "row", "rows", column, "memory", Finish(w, map));
            });
        }
    }

    public void PrintSharedRows(KernelWriter w) => throw new InvalidOperationException("Its rows go to memory.");

    public void PrintFromShared(KernelWriter w) => w.Call(
        "linear_accumulate_from_shared", Maps[0].DeviceMap(w), "accumulators", Maps[0].Pointers(w).Weight, "column", "memory");

    public void PrintFinish(KernelWriter w, bool staysInShared) => w.Call(
        "linear_finish", $"{Maps[0].DeviceMap(w)}, {Linear.Destination(staysInShared)}",
        "accumulators", Maps[0].Pointers(w).Bias, "row", "rows", "0", "memory", Finish(w, Maps[0]));

    private string Rows(KernelWriter w, Linear map)
    {
        Value input = Normalization?.Input ?? Maps[0].Input;
        string configuration = map.DeviceMap(w), rows = $"{w.Value(input)}, rows, pad4({configuration}::inputs)";
        return Normalization is not { } n ? $"KContiguous<{configuration}::input_stride>{{{rows}}}"
            : $"NormalizedKContiguous<{configuration}::input_stride>{{{rows}, {w.Weights(n.Scale)}, {w.Weights(n.Shift)}, "
                + "memory.statistics}";
    }

    private string Finish(KernelWriter w, Linear map)
    {
        string stride = map.DeviceMap(w) + "::output_stride", output = w.Value(map.Output);
        return Activation is { } a ? $"WriteActivation<{a.Function}, {stride}>{{{output}, {w.Value(a.Output)}}}"
            : map.Residual is { } residual ? $"WriteSum<{stride}>{{{output}, {w.Value(residual)}}}"
            : $"Write<{stride}>{{{output}}}";
    }
}

/// <summary>
/// The gradient of rows from those of the linear maps that read them, added to that of Addend; multiplied by an activation's derivative
/// where the rows are what it gave.
/// </summary>
internal sealed record LinearInputGradient(EquatableArray<Linear> Maps, Value? Added, ActivationEpilogue? Activation, bool IsOfTokens)
    : GemmTile(
    TilesOf(Maps[0].Input.Width), ["Linear"],
    [
        .. Maps.Select(static m => Operand.GradientOf(m.Output)), .. Operand.GradientOfAny(Added),
        .. Activation is null ? Array.Empty<Operand>() : [Operand.Of(Activation.Input)],
    ],
    [Operand.GradientOf(Activation?.Input ?? Maps[0].Input)]), IGemmCode
{
    public Value Input => Maps[0].Input;

    public override Operand? Multiplies => Maps.Count == 1 ? Operand.GradientOf(Maps[0].Output) : null;

    public override Operand? Computes => Operand.GradientOf(Target);

    public override bool IsForTokenGradients => IsOfTokens;

    public override bool CanStayInSharedMemory => FitsRegisters;

    public override Value? Addend => Added;

    public IEnumerable<string> Comments =>
    [
        $"gradient of {Target.Name} [rows, {Target.Width}]",
        .. IsOfTokens ? ["Nobody needs the tokens' own while training."] : Array.Empty<string>(),
    ];

    /// <summary>Whose gradient it computes.</summary>
    private Value Target => Activation?.Input ?? Input;

    public override TileOperation WithAddend(Value addend) => new LinearInputGradient(Maps, addend, Activation, IsOfTokens);

    /// <summary>
    /// The contributions of both to the gradient of the same rows; null where the rows are others. The second adds to the first.
    /// </summary>
    public LinearInputGradient? With(LinearInputGradient other) =>
        Activation is null && other.Activation is null && other.Input == Input
            ? new([.. Maps, .. other.Maps], Added, null, IsOfTokens) : null;

    public LinearInputGradient Activated(ActivationEpilogue activation) => new(Maps, Added, activation, IsOfTokens);

    public void PrintBefore(KernelWriter w, bool isAlone)
    {
    }

    public void PrintTile(KernelWriter w, bool staysInShared)
    {
        w.Line("Accumulators ofTile[1];");
        PrintProducts(w, "ofTile", "column");
        PrintFinish(w, "ofTile", "column", staysInShared, writes: true);
    }

    public void PrintSharedRows(KernelWriter w)
    {
        w.Line($"Accumulators accumulators[{ColumnTiles}];");
        PrintProducts(w, "accumulators", "0");
        PrintFinish(w, staysInShared: true);
    }

    public void PrintFromShared(KernelWriter w) =>
        w.Call(
            "linear_input_gradient_from_shared", Maps[0].DeviceMap(w), "accumulators", Maps[0].Pointers(w).Weight, "column", "memory");

    public void PrintFinish(KernelWriter w, bool staysInShared) =>
        PrintFinish(w, "accumulators", "0", staysInShared, writes: !staysInShared);

    private void PrintProducts(KernelWriter w, string accumulators, string column)
    {
        w.Line($"clear({accumulators});");
        foreach (Linear map in Maps)
        {
            w.Call(
                "linear_input_gradient", map.DeviceMap(w),
                accumulators, w.Gradient(map.Output), map.Pointers(w).Weight, "row", "rows", column, "memory");
        }
    }

    private void PrintFinish(KernelWriter w, string accumulators, string column, bool staysInShared, bool writes)
    {
        string map = Maps[0].DeviceMap(w), stride = map + "::input_stride";
        string finish = Activation is { } a ? $"WriteProduct<{stride}>{{{w.Gradient(a.Input)}, {w.Value(a.Input)}}}"
            : Added is null ? (writes ? $"Write<{stride}>{{{w.Gradient(Input)}}}" : "Unchanged{}")
            : writes ? $"WriteSum<{stride}>{{{w.Gradient(Input)}, {w.Gradient(Added)}}}" : $"Sum<{stride}>{{{w.Gradient(Added)}}}";
        w.Call(
            "finish_input_gradient", $"{map}, {Linear.Destination(staysInShared)}", accumulators, "row", "rows", column, "memory", finish);
    }
}

/// <summary>A linear map whose weights' gradient is computed, and what normalises the rows that it read as they are loaded.</summary>
internal sealed record WeightGradient(Linear Map, NormalizedRows? Normalization)
{
    /// <summary>The value whose gradient it reads.</summary>
    public Value Gradient => Map.Output;

    public int Tiles => TileOperation.TilesOf(Map.Output.Width) * TileOperation.TilesOf(Map.Input.Width);
}

/// <summary>The gradients of the weights of linear maps: a thread block has a tile of one of them, over a part of the rows.</summary>
internal sealed record WeightGradients(EquatableArray<WeightGradient> Maps) : FixedGridNode(
    "weights_backward", PartCounts.ForTiles(Maps.Sum(static m => m.Tiles)) * Maps.Sum(static m => m.Tiles),
    ["Linear", .. Maps.Any(static m => m.Normalization is not null) ? ["Normalize"] : Array.Empty<string>()],
    new(Maps.SelectMany(static m => (Operand[])
    [
        Operand.GradientOf(m.Gradient), Operand.Of(m.Normalization?.Input ?? m.Map.Input),
        .. m.Normalization is null ? Array.Empty<Operand>() : [m.Normalization.Statistics],
    ])),
    []), IKernelCode, IBesideCode
{
    private const int Tile = TileOperation.Tile;

    /// <summary>Enough parts for the thread blocks that are wanted.</summary>
    public int Parts => PartCounts.ForTiles(Maps.Sum(static m => m.Tiles));

    public override EquatableArray<PartialGradient> PartialGradients => new(Maps.SelectMany(m => m.Map.Partials(Parts)));

    /// <summary>Those of both.</summary>
    public WeightGradients With(WeightGradients other) => Of([.. Maps, .. other.Maps]);

    /// <summary>The same, of rows that are normalised as they are loaded.</summary>
    public WeightGradients Normalized(NormalizedRows rows) =>
        Of(new(Maps.Select(m => m.Map.Input.Name == rows.Output.Name ? m with { Normalization = rows } : m)));

    public static WeightGradients Of(EquatableArray<WeightGradient> maps) => new(maps) { MinBlocksPerMultiprocessor = 2 };

    public void Print(KernelWriter w)
    {
        w.Line("const int rows = pass.settings->rows;");
        w.DeclareSharedTiles();
        PrintBlocks(w, "static_cast<int>(blockIdx.x)");
    }

    public void PrintBlocks(KernelWriter w, string number)
    {
        w.Comment($"gradients of the weights, in {Parts} parts of the rows");
        w.Line($"int from, to, part = {number} % {Parts}, tile = {number} / {Parts};");
        w.Line($"partition_rows(rows, part, {Parts}, from, to);");
        int first = 0;
        for (int i = 0; i < Maps.Count; i++)
        {
            WeightGradient map = Maps[i];
            int start = first;
            w.OneOf("tile", i, first += map.Tiles, Maps.Count, () => PrintTile(w, map, start));
        }
    }

    private static void PrintTile(KernelWriter w, WeightGradient gradient, int start)
    {
        Linear map = gradient.Map;
        Value input = map.Input;
        string configuration = map.DeviceMap(w);
        string rows = $"{w.Value(gradient.Normalization?.Input ?? input)}, pad4({configuration}::inputs), to";
        rows = gradient.Normalization is not { } n ? $"MnContiguous<{configuration}::input_stride>{{{rows}}}"
            : $"NormalizedMnContiguous<{configuration}::input_stride>{{{rows}, {w.Weights(n.Scale)}, {w.Weights(n.Shift)}, "
                + w.Name(n.Statistics) + "}";
        string own = start == 0 ? "tile" : $"(tile - {start})";
        int columns = TileOperation.TilesOf(input.Width);
        string output = columns == 1 ? $"{own} * {Tile}" : $"{own} / {columns} * {Tile}";
        string column = columns == 1 ? "0" : $"{own} % {columns} * {Tile}";
        (string weight, string bias) = map.PartialPointers(w, "part");
        w.Call(
            "linear_weight_gradient", configuration,
            w.Gradient(gradient.Gradient), rows, "from", "to", output, column, weight, bias, "memory");
    }
}
