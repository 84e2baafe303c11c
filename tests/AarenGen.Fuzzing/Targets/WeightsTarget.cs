using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace AarenGen.Fuzzing;

/// <summary>Files of weights: <c>Load</c>.</summary>
internal sealed class WeightsTarget : FuzzTarget<SmallModel>
{
    public override string Name => "weights";

    public override bool RefusesInOneLine => false;

    public override IReadOnlyList<string> Words => SafetensorsText.Words;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        string path = Path.Combine(folder, "seed.safetensors");
        SmallModel.Create(1).Save(path);
        yield return File.ReadAllBytes(path);
        yield return SafetensorsText.WithType(File.ReadAllBytes(path), "F64", static v => BitConverter.GetBytes((double)v));
        yield return SafetensorsText.WithType(File.ReadAllBytes(path), "F16", static v => BitConverter.GetBytes((Half)v));
        yield return SafetensorsText.WithType(File.ReadAllBytes(path), "BF16", static v => BitConverter.GetBytes(v)[2..]);
        StatefulModel.Create(1).Save(path);
        yield return File.ReadAllBytes(path);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => SafetensorsText.Mutate(input, mutator);

    protected override SmallModel ReadFile(string path) => SmallModel.Load(path);

    protected override void Write(SmallModel value, string path) => value.Save(path);

    protected override bool AreEqual(SmallModel first, SmallModel second) => Bits(first).SequenceEqual(Bits(second));

    private static ReadOnlySpan<byte> Bits(SmallModel model) => MemoryMarshal.AsBytes(model.Weights);
}

/// <summary>What safetensors files consist of.</summary>
internal static class SafetensorsText
{
    private const int LengthBytes = sizeof(long);

    public static IReadOnlyList<string> Words { get; } =
        [
            "{", "}", "[", "]", ":", ",", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F16\"",
            "\"I8\"", "[0,0]", "[-1]", "[1.5]", "{\"a\":\"b\"}", "null", "\\u0000", "\\ud800",
        ];

    /// <summary>Changes bytes; or the header alone, whose length then fits.</summary>
    public static byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (mutator.Random.Next(3) == 0 || input.Length < LengthBytes
            || BinaryPrimitives.ReadInt64LittleEndian(input) is not (>= 0 and var length) || length > input.Length - LengthBytes)
        {
            return mutator.Mutate(input);
        }
        byte[] header = mutator.MutateText(input[LengthBytes..(LengthBytes + (int)length)]);
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. input.AsSpan(LengthBytes + (int)length)];
    }

    /// <summary>A file of float32 in another type.</summary>
    public static byte[] WithType(byte[] file, string type, Func<float, byte[]> convert)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var data = new MemoryStream();
        for (int at = LengthBytes + length; at < file.Length; at += sizeof(float))
        {
            data.Write(convert(BinaryPrimitives.ReadSingleLittleEndian(file.AsSpan(at))));
        }
        var json = JsonNode.Parse(file.AsSpan(LengthBytes, length))!.AsObject();
        json.Remove("__metadata__");
        int factor = convert(0).Length;
        foreach ((_, JsonNode? tensor) in json)
        {
            tensor!["dtype"] = type;
            JsonArray offsets = tensor["data_offsets"]!.AsArray();
            tensor["data_offsets"] = new JsonArray([.. offsets.Select(o => JsonValue.Create((int)o! / sizeof(float) * factor))]);
        }
        byte[] header = Encoding.UTF8.GetBytes(json.ToJsonString());
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. data.ToArray()];
    }
}
