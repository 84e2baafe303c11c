using System.Globalization;
using System.Text.Json.Nodes;
using AarenGen.Cuda;

namespace AarenGen.Benchmarks;

/// <summary>
/// How rows and numbers of the device's tables are shown and written. Data are nodes of JSON, which a program without reflection can write.
/// </summary>
internal static class DeviceTables
{
    /// <summary>An arithmetic of products as the field calls it.</summary>
    public static string Name(MatrixPrecision products) => products switch
    {
        MatrixPrecision.TensorFloat32 => "TF32",
        MatrixPrecision.BFloat16 => "bf16",
        _ => "float32",
    };

    public static string Number(double value, int digits) => value.ToString("N" + digits, CultureInfo.InvariantCulture);

    public static JsonArray Array<T>(IEnumerable<T> values, Func<T, JsonNode?> node)
    {
        var array = new JsonArray();
        foreach (T value in values)
        {
            array.Add(node(value));
        }
        return array;
    }

    public static Section Steps(IReadOnlyList<DeviceStep> steps, IReadOnlyList<string> notes) => new(
        "gpu-training", "A training step on the device",
        ["model, batch", "", "products", "ms", "± %", "tokens/s", "ours, times faster", "ms with batches read and copied"],
        [.. steps.Select(s => (string[])[
            $"{s.Model}, {s.Batch.Name}", s.Name, s.Products, Number(s.Milliseconds, 3), Number(100 * s.Spread, 0),
            Number(s.TokensPerSecond, 0),
            steps.FirstOrDefault(
                o => o.WithBatches is not null && (o.Model, o.Batch, o.Products) == (s.Model, s.Batch, s.Products)) is { } own
                    ? Number(s.Milliseconds / own.Milliseconds, 2) + "x" : "",
            s.WithBatches is { } whole ? Number(whole, 3) : ""])],
        Array(steps, static s => new JsonObject
        {
            ["model"] = s.Model, ["sequences"] = s.Batch.Sequences, ["length"] = s.Batch.Length, ["uneven"] = s.Batch.IsUneven,
                ["name"] = s.Name, ["products"] = s.Products, ["milliseconds"] = s.Milliseconds, ["spread"] = s.Spread,
            ["tokensPerSecond"] = s.TokensPerSecond, ["millisecondsWithBatches"] = s.WithBatches,
        }))
    {
        Notes = notes,
    };
}
