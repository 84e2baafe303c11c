using System.Buffers.Binary;
using System.Text.Json;

namespace AarenGen.Soak;

/// <summary>The tensors of a safetensors file of float32, by their names; read by separate code, not by the library.</summary>
internal sealed class WeightFile
{
    private readonly Dictionary<string, double[]> tensors = [];

    private WeightFile()
    {
    }

    /// <summary>The values of a tensor, row by row.</summary>
    public double[] this[string name] => tensors[name];

    /// <summary>The tensors' names.</summary>
    public IEnumerable<string> Names => tensors.Keys;

    /// <summary>The weights of a model, by way of a file.</summary>
    public static WeightFile Of<TModel>(TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            model.Save(path);
            return Read(File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static WeightFile Read(byte[] bytes)
    {
        var result = new WeightFile();
        int header = checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using JsonDocument json = JsonDocument.Parse(bytes.AsMemory(sizeof(long), header));
        foreach (JsonProperty tensor in json.RootElement.EnumerateObject().Where(static p => p.Name != "__metadata__"))
        {
            int[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(static o => o.GetInt32())];
            ReadOnlySpan<byte> data = bytes.AsSpan(sizeof(long) + header)[offsets[0]..offsets[1]];
            var values = new double[data.Length / sizeof(float)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(i * sizeof(float))..]);
            }
            result.tensors[tensor.Name] = values;
        }
        return result;
    }
}
