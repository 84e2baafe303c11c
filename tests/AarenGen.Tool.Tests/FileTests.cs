using System.Runtime.InteropServices;
using AarenGen.Tool.Files;

namespace AarenGen.Tool.Tests;

public class FileTests : TemporaryFolder
{
    private static readonly float[] Numbers = [1, -2.5f, 1.00390625f, 1.01171875f, 3e-39f, 1e20f];

    [Fact]
    public void Weights_are_rounded_to_the_nearest_halves_to_the_even()
    {
        WeightConversion.Run(Sample(), At("out"), "BF16", []);
        SavedTensor weights = SafetensorsFile.Read(At("out")).Tensors[1];
        Assert.Equal(("model.w", "BF16"), (weights.Name, weights.Type));
        ushort[] found = MemoryMarshal.Cast<byte, ushort>(Data(weights)).ToArray();
        // 1.00390625 is half way between 1 and 1.0078125, 1.01171875 between that and 1.015625.
        float[] expected = [1, -2.5f, 1, 1.015625f];
        Assert.Equal(expected, found.Take(4).Select(static b => BitConverter.UInt32BitsToSingle((uint)b << 16)));
        Assert.All(Numbers.Zip(found), static pair => Assert.InRange(
            Math.Abs(BitConverter.UInt32BitsToSingle((uint)pair.Second << 16) - pair.First), 0, Math.Abs(pair.First) / 256 + 1e-40f));
        // What bfloat16 holds comes back as it was.
        WeightConversion.Run(At("out"), At("again"), "F32", []);
        WeightConversion.Run(At("again"), At("third"), "BF16", []);
        Assert.Equal(File.ReadAllBytes(At("out")), File.ReadAllBytes(At("third")));
    }

    [Fact]
    public void Names_change_their_beginning_and_statistics_keep_their_type()
    {
        WeightConversion.Run(Sample(), At("out"), "BF16", [("model.", "")]);
        var file = SafetensorsFile.Read(At("out"));
        Assert.Equal(["standardize.tokens F64", "w BF16"], file.Tensors.Select(static t => $"{t.Name} {t.Type}"));
        // The checksum was that of other contents.
        Assert.Equal(["aarengen.fingerprint"], file.Metadata.Keys);
    }

    [Fact]
    public void What_cannot_be_converted_is_told()
    {
        Tell("no tensor's name begins with 'x.'; one is 'standardize.tokens'",
            () => WeightConversion.Run(Sample(), At("o"), null, [("x.", "")]));
        Tell("which float16 cannot", () => WeightConversion.Run(Sample(), At("o"), "F16", []));
        Tell("is a compiled model", () => WeightConversion.Run(Sample("aarengen.compiled"), At("o"), "F16", []));
        Assert.False(File.Exists(At("o")));

        static void Tell(string expected, Action run) =>
            Assert.Contains(expected, Assert.Throws<UserException>(run).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aarengen.sha256", "weights")]
    [InlineData("aarengen.compiled", "compiled model")]
    [InlineData("aarengen.checkpoint", "checkpoint")]
    public void A_file_tells_its_kind(string mark, string kind)
    {
        var report = FileReport.Read(Sample(mark));
        Assert.Equal((kind, "abc", Numbers.Length), (report.Kind, report.Declaration, report.Parameters));
    }

    [Fact]
    public void Damaged_headers_are_told()
    {
        byte[] bytes = File.ReadAllBytes(Sample());
        for (int cut = 0; cut < bytes.Length; cut += 7)
        {
            Assert.Throws<UserException>(() => FileReport.Read(WriteBytes("cut", bytes[..cut])));
        }
        for (int at = 0; at < 200; at++)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x15;
            try
            {
                FileReport.Read(WriteBytes("changed", changed));
            }
            catch (UserException)
            {
            }
        }
    }

    private byte[] Data(SavedTensor tensor) =>
        File.ReadAllBytes(At("out"))[(int)tensor.Start..(int)(tensor.Start + tensor.Bytes)];

    private string Sample(string mark = "aarengen.sha256")
    {
        SafetensorsFile.Write(
            At("in"), new Dictionary<string, string> { ["aarengen.fingerprint"] = "abc", [mark] = "1" },
            [
                (new("standardize.tokens", "F64", [2], 0, 0), MemoryMarshal.AsBytes<double>([1.5, 2.5]).ToArray()),
                (new("model.w", "F32", [2, 3], 0, 0), MemoryMarshal.AsBytes<float>(Numbers).ToArray()),
            ]);
        return At("in");
    }
}
