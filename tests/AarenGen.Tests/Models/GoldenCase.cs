using System.Runtime.InteropServices;
using AarenGen.Serialization;

namespace AarenGen.Tests.Models;

/// <summary>
/// A model computed in float64 by PyTorch: its weights and data, and what outputs, loss and every gradient should be. A case whose name
/// ends with -bf16 or -tf32 has the factors of its products rounded to that format, as tensor cores do.
/// </summary>
internal sealed class GoldenCase<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly Dictionary<string, double[]> golden;
    private readonly double whole;
    private readonly List<string> errors = [];

    public GoldenCase(string name)
    {
        (golden, long[] inputShape) = Read(name);
        Model = SequenceModel<TModel>.Allocated();
        ModelDescription description = SequenceModel<TModel>.Description;
        foreach (ParameterDescription p in description.Parameters)
        {
            double[] values = golden["p:" + p.Name];
            for (int i = 0; i < values.Length; i++)
            {
                Model.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns] = (float)values[i];
            }
        }
        Model.WeightsChanged();
        if (golden.Keys.Count(static k => k.StartsWith("p:", StringComparison.Ordinal)) != description.Parameters.Count)
        {
            throw new InvalidOperationException($"{name} has other parameters than {description.Name}.");
        }
        whole = Math.Sqrt(description.Parameters.Sum(p => golden["g:" + p.Name].Sum(static g => g * g)));

        Input = [.. golden["x:input"].Select(static v => (float)v)];
        float[] target = [.. golden["x:target"].Select(static v => (float)v)];
        (Sequences, Length) = ((int)inputShape[0], (int)inputShape[1]);
        Data = new(description.InputWidth, description.TargetWidth);
        // The loss is a mean. Rounded gradients depend on when they are divided by the number of tokens. PyTorch does it first, as these
        // weights do.
        float[] weights = [.. Enumerable.Repeat(1f / (Sequences * Length), Length)];
        for (int b = 0; b < Sequences; b++)
        {
            Data.Add(
                Input[(b * Length * description.InputWidth)..((b + 1) * Length * description.InputWidth)],
                target[(b * Length * description.TargetWidth)..((b + 1) * Length * description.TargetWidth)], weights);
        }
    }

    public TModel Model { get; }

    public SequenceList Data { get; }

    public float[] Input { get; }

    public int Sequences { get; }

    public int Length { get; }

    /// <summary>What the file has under a key.</summary>
    public double[] this[string key] => golden[key];

    /// <summary>Compares outputs, loss and gradients; errors are relative L2 norms.</summary>
    public void Compare(
        float[] outputs, double loss, float[] tokenGradients, Func<ParameterDescription, float[]> gradient, Tolerance tolerance)
    {
        foreach ((string what, string key, float[] actual, bool isGradient) in All(outputs, loss, tokenGradients, gradient))
        {
            Compare(what, key, actual, isGradient ? tolerance.Gradient : tolerance.Output);
        }
    }

    /// <summary>The largest of the errors of outputs, loss and gradients.</summary>
    public double LargestError(float[] outputs, double loss, float[] tokenGradients, Func<ParameterDescription, float[]> gradient) =>
        All(outputs, loss, tokenGradients, gradient).Max(c => Measure(c.Key, c.Actual) is var (difference, size) ? difference / size : 0);

    public void Compare(string what, string key, float[] actual, double bound)
    {
        (double difference, double size) = Measure(key, actual);
        if (!(difference <= bound * size))
        {
            errors.Add($"{what}: {difference:G3} of {size:G3}, relative {difference / size:G3} > {bound:G3}");
        }
    }

    public void AssertNoErrors()
    {
        if (errors.Count > 0)
        {
            throw new InvalidOperationException(string.Join("\n", errors));
        }
    }

    private static IEnumerable<(string What, string Key, float[] Actual, bool IsGradient)> All(
        float[] outputs, double loss, float[] tokenGradients, Func<ParameterDescription, float[]> gradient) =>
    [
        ("outputs", "y:output", outputs, false),
        ("loss", "loss", [(float)loss], false),
        ("input gradient", "g:input", tokenGradients, true),
        .. SequenceModel<TModel>.Description.Parameters.Select(p => (p.Name, "g:" + p.Name, gradient(p), true)),
    ];

    /// <summary>How far the values are off, and what that is held against.</summary>
    private (double Difference, double Size) Measure(string key, float[] actual)
    {
        double[] expected = golden[key];
        double difference = Math.Sqrt(expected.Zip(actual, static (e, a) => (e - a) * (e - a)).Sum());
        double size = Math.Sqrt(expected.Sum(static e => e * e));
        // Some gradients are 0 but for rounding (softmax does not see a key's bias): those are held against the whole gradient.
        return (difference, size < 1e-12 * whole ? whole : size);
    }

    private static (Dictionary<string, double[]> Tensors, long[] InputShape) Read(string name)
    {
        using FileStream stream = File.OpenRead(Path.Combine(GoldenFiles.Folder, name + ".safetensors"));
        (Dictionary<string, TensorEntry> tensors, _) = Safetensors.ReadHeader(stream);
        return (tensors.Values.ToDictionary(static t => t.Name, t =>
        {
            var bytes = new byte[t.End - t.Start];
            stream.Position = t.Start;
            stream.ReadExactly(bytes);
            return t.Type == "I64"
                ? [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(static v => (double)v)]
                : MemoryMarshal.Cast<byte, double>(bytes).ToArray();
        }), tensors["x:input"].Shape);
    }
}

/// <summary>Where the golden files lie: in the repository, or beside a program that was copied to another machine with them.</summary>
internal static class GoldenFiles
{
    public static string Folder { get; } =
        ((string[])[Path.Combine(Repository.Root, "tests", "AarenGen.Tests", "Golden"), Path.Combine(AppContext.BaseDirectory, "Golden")])
        .FirstOrDefault(Directory.Exists, "");

    public static bool AreThere => Folder.Length > 0;
}
