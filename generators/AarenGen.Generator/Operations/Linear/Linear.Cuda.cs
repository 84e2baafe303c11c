using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Linear : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) =>
        [new TileKernel(Output.Name, new LinearForward([this], null, null, HasWideTiles(layer)))];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        if (Residual is not null)
        {
            yield return new CopyGradient(Output, Residual, accumulates[1]);
        }
        bool isForTokenGradients = layer.IsFirst && Input.IsAtBoundary;
        yield return new TileKernel(
            Output.Name,
            new LinearInputGradient([this], accumulates[0] ? Input : null, null, isForTokenGradients, HasWideTiles(layer)),
            isBackward: true);
        yield return WeightGradients.Of([new(this, null)], HasWideTiles(layer));
    }

    /// <summary>Whether the matrix multiplications of a layer's map have wide tiles, which none in float32 alone has.</summary>
    internal bool HasWideTiles(LayerPlan layer) => !Matrix.IsExact && Widths.AreTilesWide(layer, Input.Width, Output.Width);

    /// <summary>Device memory of W, as what is only multiplied where there is such a copy, and of b.</summary>
    internal (string Weight, string Bias) OperandPointers(KernelWriter w) =>
        Matrix is ParameterMatrix { IsExact: false } m ? (w.WeightOperands(m.Values), w.Weights(m.Offsets)) : Pointers(w);

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
/// <param name="Maps">The maps.</param>
/// <param name="Normalization">What normalises the rows.</param>
/// <param name="Activation">What follows.</param>
/// <param name="AreWide">Whether the maps have wide tiles.</param>
internal sealed record LinearForward(
    EquatableArray<Linear> Maps, NormalizedRows? Normalization, ActivationEpilogue? Activation, bool AreWide) : GemmTile(
    Maps.Sum(m => TilesOf(m.Output.Width, AreWide)),
    [
        AreWide ? "WideLinear" : "Linear", .. Normalization is null ? Array.Empty<string>() : ["Normalize"],
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
    public override bool IsWide => AreWide;

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
        AreWide == other.AreWide && Activation is null && other.Activation is null && Equals(Normalization, other.Normalization)
        && other.Maps[0].Input == Maps[0].Input && other.Maps.All(m => Maps.All(own => m.Residual != own.Output))
            ? new([.. Maps, .. other.Maps], Normalization, null, AreWide) : null;

    public LinearForward Normalized(NormalizedRows rows) => new(Maps, rows, Activation, AreWide);

    public LinearForward Activated(ActivationEpilogue activation) => new(Maps, Normalization, activation, AreWide);

    public override bool CanBeOperand(Operand rows) =>
        AreWide && Maps.All(m => m.Residual?.Name != rows.Name)
        && (rows == Operand.Of(Maps[0].Input) || (Activation is { } a && rows == Operand.Of(a.Output)));

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
            w.OneOf("column", i, first += TileSize * TilesOf(map.Output.Width, AreWide), Maps.Count, () =>
            {
                string column = start == 0 ? "column" : $"column - {start}";
                (string weight, string bias) = AreWide ? map.OperandPointers(w) : map.Pointers(w);
                if (AreWide)
                {
                    w.Call(
                        "wide_linear_forward", map.DeviceMap(w), WideRows(w, map), weight, bias, "row", "rows", column, "memory",
                        Finish(w, map));
                    return;
                }
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

    private static string WideRows(KernelWriter w, Linear map)
    {
        string configuration = map.DeviceMap(w);
        return $"WideKContiguous<{configuration}::input_stride, {w.Element(Operand.Of(map.Input))}>"
            + $"{{{w.Value(map.Input)}, rows, pad4({configuration}::inputs)}}";
    }

    private string Finish(KernelWriter w, Linear map)
    {
        string stride = map.DeviceMap(w) + "::output_stride", output = w.Value(map.Output);
        return Activation is { } a
            ? $"WriteActivation<{a.Function}, {stride}{w.OperandArgument(Operand.Of(a.Output))}>{{{output}, {w.Value(a.Output)}}}"
            : map.Residual is { } residual ? $"WriteSum<{stride}>{{{output}, {w.Value(residual)}}}"
            : $"Write<{stride}>{{{output}}}";
    }
}

/// <summary>
/// The gradient of rows from those of the linear maps that read them, added to that of Addend; multiplied by an activation's derivative
/// where the rows are what it gave.
/// </summary>
/// <param name="Maps">The maps.</param>
/// <param name="Added">What is added.</param>
/// <param name="Activation">What gave the rows.</param>
/// <param name="IsOfTokens">Whether the rows are the model's tokens.</param>
/// <param name="AreWide">Whether tiles are wide.</param>
internal sealed record LinearInputGradient(
    EquatableArray<Linear> Maps, Value? Added, ActivationEpilogue? Activation, bool IsOfTokens, bool AreWide)
    : GemmTile(
    TilesOf(Maps[0].Input.Width, AreWide), [AreWide ? "WideLinear" : "Linear"],
    [
        .. Maps.Select(static m => Operand.GradientOf(m.Output)), .. Operand.GradientOfAny(Added),
        .. Activation is null ? Array.Empty<Operand>() : [Operand.Of(Activation.Input)],
    ],
    [Operand.GradientOf(Activation?.Input ?? Maps[0].Input)]), IGemmCode
{
    public Value Input => Maps[0].Input;

    public override bool IsWide => AreWide;

    public override Operand? Multiplies => Maps.Count == 1 ? Operand.GradientOf(Maps[0].Output) : null;

    public override Operand? Computes => Operand.GradientOf(Target);

    public override bool IsForTokenGradients => IsOfTokens;

    public override bool CanStayInSharedMemory => !AreWide && FitsRegisters;

    public override Value? Addend => Added;

    public IEnumerable<string> Comments =>
    [
        $"gradient of {Target.Name} [rows, {Target.Width}]",
        .. IsOfTokens ? ["Nobody needs the tokens' own while training."] : Array.Empty<string>(),
    ];

    /// <summary>Whose gradient it computes.</summary>
    private Value Target => Activation?.Input ?? Input;

    public override TileOperation WithAddend(Value addend) => new LinearInputGradient(Maps, addend, Activation, IsOfTokens, AreWide);

    public override bool CanBeOperand(Operand rows) =>
        AreWide && Maps.All(m => !m.Matrix.IsExact || Operand.GradientOf(m.Output).Name != rows.Name)
        && (Added is null || Operand.GradientOf(Added).Name != rows.Name);

    /// <summary>
    /// The contributions of both to the gradient of the same rows; null where the rows are others. The second adds to the first.
    /// </summary>
    public LinearInputGradient? With(LinearInputGradient other) =>
        Activation is null && other.Activation is null && other.Input == Input
            ? new([.. Maps, .. other.Maps], Added, null, IsOfTokens, AreWide || other.AreWide) : null;

    public LinearInputGradient Activated(ActivationEpilogue activation) => new(Maps, Added, activation, IsOfTokens, AreWide);

    public void PrintBefore(KernelWriter w, bool isAlone)
    {
    }

    public void PrintTile(KernelWriter w, bool staysInShared)
    {
        if (AreWide)
        {
            PrintWideTile(w);
            return;
        }
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

    private void PrintWideTile(KernelWriter w)
    {
        w.Line("WideAccumulators accumulators;");
        w.Line("clear(accumulators);");
        foreach (Linear map in Maps)
        {
            w.Call(
                "wide_linear_input_gradient", map.DeviceMap(w), "accumulators", w.Gradient(map.Output), map.OperandPointers(w).Weight,
                "row", "rows", "column", "memory");
        }
        w.Call(
            "finish_wide_input_gradient", Maps[0].DeviceMap(w), "accumulators", "row", "rows", "column", "memory",
            Finish(w, staysOnly: false));
    }

    private void PrintFinish(KernelWriter w, string accumulators, string column, bool staysInShared, bool writes) => w.Call(
        "finish_input_gradient", $"{Maps[0].DeviceMap(w)}, {Linear.Destination(staysInShared)}", accumulators, "row", "rows", column,
        "memory", Finish(w, staysOnly: !writes));

    /// <summary>What becomes of four columns. StaysOnly: nothing is written.</summary>
    private string Finish(KernelWriter w, bool staysOnly)
    {
        string stride = Maps[0].DeviceMap(w) + "::input_stride";
        if (staysOnly && Activation is null)
        {
            return Added is null ? "Unchanged{}" : $"Sum<{stride}>{{{w.Gradient(Added)}}}";
        }
        string rounded = w.OperandArgument(Operand.GradientOf(Target)), target = w.Gradient(Target);
        return (Activation, Added) switch
        {
            ({ } a, _) => $"WriteProduct<{stride}{rounded}>{{{target}, {w.Value(a.Input)}}}",
            (_, { } added) => $"WriteSum<{stride}{rounded}>{{{target}, {w.Gradient(added)}}}",
            _ => $"Write<{stride}{rounded}>{{{target}}}",
        };
    }
}

/// <summary>A linear map whose weights' gradient is computed, and what normalises the rows that it read as they are loaded.</summary>
internal sealed record WeightGradient(Linear Map, NormalizedRows? Normalization)
{
    /// <summary>The value whose gradient it reads.</summary>
    public Value Gradient => Map.Output;

    public int Tiles(bool areWide) =>
        TileOperation.TilesOf(Map.Output.Width, areWide) * TileOperation.TilesOf(Map.Input.Width, areWide);
}

/// <summary>The gradients of the weights of linear maps: a thread block has a tile of one of them, over a part of the rows.</summary>
/// <param name="Maps">The maps.</param>
/// <param name="AreWide">Whether tiles are wide.</param>
internal sealed record WeightGradients(EquatableArray<WeightGradient> Maps, bool AreWide) : FixedGridNode(
    "weights_backward", PartCounts.ForTiles(Maps.Sum(m => m.Tiles(AreWide))) * Maps.Sum(m => m.Tiles(AreWide)),
    [AreWide ? "WideLinear" : "Linear", .. Maps.Any(static m => m.Normalization is not null) ? ["Normalize"] : Array.Empty<string>()],
    new(Maps.SelectMany(static m => (Operand[])
    [
        Operand.GradientOf(m.Gradient), Operand.Of(m.Normalization?.Input ?? m.Map.Input),
        .. m.Normalization is null ? Array.Empty<Operand>() : [m.Normalization.Statistics],
    ])),
    []), IKernelCode, IBesideCode
{
    /// <summary>Enough parts for the thread blocks that are wanted.</summary>
    public int Parts => PartCounts.ForTiles(Maps.Sum(m => m.Tiles(AreWide)));

    public override bool IsWide => AreWide;

    public override EquatableArray<PartialGradient> PartialGradients => new(Maps.SelectMany(m => m.Map.Partials(Parts)));

    /// <summary>Those of both.</summary>
    public WeightGradients With(WeightGradients other) => Of([.. Maps, .. other.Maps], AreWide);

    /// <summary>The same, of rows that are normalised as they are loaded.</summary>
    public WeightGradients Normalized(NormalizedRows rows) =>
        Of(new(Maps.Select(m => m.Map.Input.Name == rows.Output.Name ? m with { Normalization = rows } : m)), AreWide);

    public static WeightGradients Of(EquatableArray<WeightGradient> maps, bool areWide) =>
        new(maps, areWide) { MinBlocksPerMultiprocessor = 2 };

    public override bool CanBeOperand(Operand rows) => AreWide;

    public void Print(KernelWriter w)
    {
        w.Line("const int rows = pass.settings->rows;");
        w.DeclareSharedTiles(AreWide);
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
            w.OneOf("tile", i, first += map.Tiles(AreWide), Maps.Count, () => PrintTile(w, map, start));
        }
    }

    private void PrintTile(KernelWriter w, WeightGradient gradient, int start)
    {
        Linear map = gradient.Map;
        Value input = map.Input;
        string configuration = map.DeviceMap(w);
        string values = w.Value(gradient.Normalization?.Input ?? input), rows = $"{values}, pad4({configuration}::inputs), to";
        rows = gradient.Normalization is not { } n ? $"MnContiguous<{configuration}::input_stride>{{{rows}}}"
            : $"NormalizedMnContiguous<{configuration}::input_stride>{{{rows}, {w.Weights(n.Scale)}, {w.Weights(n.Shift)}, "
                + w.Name(n.Statistics) + "}";
        string own = start == 0 ? "tile" : $"(tile - {start})";
        int columns = TileOperation.TilesOf(input.Width, AreWide), size = AreWide ? TileOperation.WideTile : TileOperation.Tile;
        string output = columns == 1 ? $"{own} * {size}" : $"{own} / {columns} * {size}";
        string column = columns == 1 ? "0" : $"{own} % {columns} * {size}";
        (string weight, string bias) = map.PartialPointers(w, "part");
        w.Call(
            AreWide ? "wide_linear_weight_gradient" : "linear_weight_gradient", configuration,
            w.Gradient(gradient.Gradient), AreWide ? values : rows, "from", "to", output, column, weight, bias, "memory");
    }
}
