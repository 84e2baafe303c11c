using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>What all translations of a model's layers need.</summary>
internal sealed record ModelContext(
    TimeForm Form, ModelDescription Description, ParameterReader Parameters, Modalities Modalities, SampleRows Samples,
    TranslationOptions Options);

/// <summary>
/// Translates the operations of one block of a layer; those that keep a state are in <see cref="MixerTranslator"/>.
/// </summary>
internal sealed class LayerTranslator
{
    /// <summary>As the library's kernel of layer normalisation has it.</summary>
    private const float NormEpsilon = 1e-5f;

    /// <summary>The period of positions, as the library's kernel has it.</summary>
    private const double PositionPeriod = 10_000;

    private readonly ModelContext model;
    private readonly string name;
    private readonly TimeForm form;
    private readonly GraphBuilder g;
    private readonly MixerTranslator mixers;
    private readonly Dictionary<string, Tensor> values;

    /// <summary>How queries fold into keys, by the name that operations call the result.</summary>
    private readonly Dictionary<string, OperationDescription> folds = new(StringComparer.Ordinal);

    private LayerTranslator(ModelContext model, string name, Tensor input)
    {
        this.model = model;
        this.name = name;
        form = model.Form;
        g = form.Graph;
        mixers = new(form, model.Options);
        values = new(StringComparer.Ordinal) { ["input"] = input };
    }

    /// <summary>All blocks of a layer.</summary>
    public static Tensor Translate(ModelContext model, LayerDescription layer, Tensor input)
    {
        for (int block = 0; block < layer.Repeat; block++)
        {
            string name = layer.NameOf(block);
            model.Form.Graph.Scope = name;
            input = new LayerTranslator(model, name, input).Translate(layer.Operations);
        }
        return input;
    }

    private Tensor Translate(IReadOnlyList<OperationDescription> operations)
    {
        foreach (OperationDescription operation in operations)
        {
            if (operation.Kind == "FoldQuery")
            {
                folds[operation.Output] = operation;
            }
            else
            {
                values[operation.Output] = Translate(operation, [.. operation.Inputs.Select(i => values[i])]);
            }
        }
        return values["output"];
    }

    private Tensor Translate(OperationDescription operation, Tensor[] x)
    {
        int width = operation.Width;
        string state = $"{name}.{operation.Output}";
        switch (operation.Kind)
        {
            case "Linear" when operation.Parameters.Count == 1:
                return Scores(folds[operation.Parameters[0]], x[0]);
            case "Linear":
                Tensor product = Linear(x[0], Parameter(0), Parameter(1));
                return x.Length > 1 ? g.Add(product, x[1]) : product;
            case "Normalize":
                return Normalize(x[0], Parameter(0), Parameter(1));
            case "Relu" or "Tanh":
                return g.Apply(operation.Kind, x[0]);
            case "Gelu":
                return Gelu(x[0]);
            case "Copy":
                return x[0];
            case "Sum":
                return x.Skip(1).Aggregate(x[0], g.Add);
            case "Join":
                return g.Concat(-1, x);
            case "ReadColumns":
                return g.Slice(x[0], -1, Integer(operation, 0), Integer(operation, 0) + width);
            case "Lookup":
                return Lookup(x[0], Integer(operation, 0), Parameter(0));
            case "EncodeTime":
                Tensor times = g.Slice(x[0], -1, Integer(operation, 0), Integer(operation, 0) + 1);
                return Sinusoids(g.Cast(times, ElementType.Double), width, operation.Numbers[1]);
            case "AddSinusoids":
                return g.Add(x[0], Sinusoids(g.Cast(form.RowPositions, ElementType.Double), width, PositionPeriod));
            case "AddPositions":
                ParameterValues table = Parameter(0);
                Tensor rows = g.Gather(
                    g.Constant(table.Values, table.Rows, table.Columns), g.Min(form.RowPositions, table.Rows - 1), 0);
                // The position's own dimension, of size 1, comes before the table's columns.
                return g.Add(x[0], g.Node("Squeeze", rows.Type, [rows, g.Integers(-2)]));
            case "TokenKinds":
                return model.Modalities.At(form.RowPositions);
            case "KeepKind":
                return g.Where(g.Equal(x[0], Integer(operation, 0)), x[1], 0);
            case "ChooseKind":
                return model.Modalities.Choose(x[0], m => x[1 + m]);
            case "ShapeOutput":
                return ShapeOutput(x[0], operation.Numbers);
            case "PrefixMean":
                return mixers.PrefixMean(state, x[0], width);
            case "CausalConvolution":
                return mixers.CausalConvolution(state, x[0], Parameter(0), Parameter(1));
            case "PrefixAttention":
                return mixers.PrefixAttention(state, x[0], x[1], width, Integer(operation, 0));
            case "ForgettingAttention":
                return mixers.ForgettingAttention(state, x[0], x[1], x[2], width, Integer(operation, 0));
            case "CausalAttention":
                return mixers.CausalAttention(
                    state, x[0], x[1], x[2], width, Integer(operation, 0), context: Integer(operation, 1));
            case "MinGru":
                return mixers.MinGru(state, x[0], x[1], width);
            case "MinLstm":
                return mixers.MinLstm(state, x[0], x[1], x[2], width);
            default:
                throw new NotSupportedException(
                    $"'{model.Description.Name}' cannot be exported: its layer '{name}' has the operation '{operation.Kind}', which "
                    + "this version of AarenGen.Onnx does not know. Use the versions of AarenGen and AarenGen.Onnx that belong "
                    + "together.");
        }

        ParameterValues Parameter(int index) => model.Parameters.Read($"{name}.{operation.Parameters[index]}");
    }

    private static int Integer(OperationDescription operation, int index) => (int)operation.Numbers[index];

    /// <summary>y = x Wᵀ + b.</summary>
    private Tensor Linear(Tensor x, ParameterValues weight, ParameterValues bias)
    {
        Tensor b = g.Constant(bias.Values, bias.Columns);
        if (form.Leading.Length + form.OfRows(0).Length == 2)
        {
            // Rows alone: the operator that takes weights as they are.
            return g.Node(
                "Gemm", x.Type, [x, g.Constant(weight.Values, weight.Rows, weight.Columns), b], new NodeAttribute("transB", 1L));
        }
        return g.Add(g.MatMul(x, g.Constant(weight.Transposed(), weight.Columns, weight.Rows)), b);
    }

    /// <summary>The scores of a constant query, for each head.</summary>
    private Tensor Scores(OperationDescription fold, Tensor x)
    {
        string[] names = [.. fold.Parameters.Select(p => $"{name}.{p}")];
        int width = fold.Width, heads = Integer(fold, 0);
        if (model.Options.FoldsQueries)
        {
            (ParameterValues weight, ParameterValues bias) = model.Parameters.FoldQuery(names, width, heads);
            return Linear(x, weight, bias);
        }
        Tensor keys = Linear(x, model.Parameters.Read(names[3]), model.Parameters.Read(names[4]));
        keys = form.ReshapeRows(keys, heads, width / heads);
        Tensor query = g.Constant(model.Parameters.Query(names, width, heads), heads, width / heads);
        return form.ReshapeRows(g.ReduceSum(g.Multiply(keys, query), -1), heads);
    }

    private Tensor Normalize(Tensor x, ParameterValues scale, ParameterValues shift) => g.Node(
        "LayerNormalization", x.Type, [x, g.Constant(scale.Values, scale.Columns), g.Constant(shift.Values, shift.Columns)],
        new NodeAttribute("axis", -1L), new NodeAttribute("epsilon", NormEpsilon));

    /// <summary>x Φ(x), Φ being the normal distribution function; in the form that ONNX Runtime makes one operator of.</summary>
    private Tensor Gelu(Tensor x) => g.Multiply(g.Multiply(x, g.Add(g.Apply("Erf", g.Divide(x, Math.Sqrt(2))), 1)), 0.5);

    /// <summary>Sines and cosines of times in double: column 2i is sin(t P^(−2i/width)), column 2i + 1 the cosine.</summary>
    private Tensor Sinusoids(Tensor times, int width, double longestPeriod)
    {
        double[] frequencies = new double[width], phases = new double[width];
        double step = Math.Pow(longestPeriod, -2.0 / width), frequency = 1;
        for (int column = 0; column < width; column++)
        {
            frequencies[column] = frequency;
            phases[column] = column % 2 == 0 ? 0 : Math.PI / 2;
            frequency *= column % 2 == 0 ? 1 : step;
        }
        Tensor angles = g.Add(g.Multiply(times, g.Constant(frequencies, width)), g.Constant(phases, width));
        return g.Cast(g.Apply("Sin", angles), ElementType.Float);
    }

    /// <summary>Rows of a table by categories. What is no category is an error when the graph runs, not another row.</summary>
    private Tensor Lookup(Tensor tokens, int column, ParameterValues table)
    {
        Tensor category = g.Slice(tokens, -1, column, column + 1);
        Tensor isWhole = g.And(
            g.AtLeast(category, 0), g.AtLeast(g.Apply("Floor", category), category));
        Tensor index = g.Cast(g.Where(isWhole, category, table.Rows), ElementType.Int64);
        return g.Gather(g.Constant(table.Values, table.Rows, table.Columns), g.Reshape(index, form.Leading), 0);
    }

    /// <summary>Segments of outputs made positive, and scaled back by the statistics of instance normalisation.</summary>
    private Tensor ShapeOutput(Tensor x, IReadOnlyList<double> numbers)
    {
        const int Scale = 1, Degrees = 2;
        int values = (int)numbers[0], features = (int)numbers[1];
        int[] roles = [.. numbers.Skip(2).Select(static n => (int)n)];
        Tensor[] segments = new Tensor[roles.Length];
        Tensor? means = Repeated(model.Samples.Means), deviations = Repeated(model.Samples.Deviations);
        for (int i = 0; i < roles.Length; i++)
        {
            Tensor segment = g.Slice(x, -1, (long)i * values, (long)(i + 1) * values);
            if (roles[i] is Scale or Degrees)
            {
                Tensor positive = g.Add(g.Softplus(g.Cast(segment, ElementType.Double)), roles[i] == Scale ? 1e-4f : 2.0001f);
                segment = g.Cast(positive, ElementType.Float);
            }
            if (roles[i] != Degrees && means is { } mean && deviations is { } deviation)
            {
                segment = g.Multiply(segment, deviation);
                segment = roles[i] == Scale ? segment : g.Add(segment, mean);
            }
            segments[i] = segment;
        }
        return g.Concat(-1, segments);

        // A value has the statistics of feature i mod features.
        Tensor? Repeated(Tensor? statistics) => features == 0 || statistics is not { } all ? null : g.Gather(
            g.Cast(all, ElementType.Float), g.Integers([.. Enumerable.Range(0, values).Select(i => (long)(i % features))]), -1);
    }
}
