using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AarenGen.Tool.Files;
using Spectre.Console;

namespace AarenGen.Tool.Tests;

[Collection(ProgramRun.Collection)]
public class FileTests : TemporaryFolder
{
    private const string Checksum = "aarengen.sha256";
    private static readonly float[] Numbers = [1, -2.5f, 1.00390625f, 1.01171875f, 3e-39f, 1e20f];

    [Fact]
    public void Weights_are_rounded_to_the_nearest_halves_to_the_even()
    {
        WeightConversion.Run(Sample(), At("out"), "BF16", []);
        Assert.Equal("model.w BF16", TensorsOf("out")[1]);
        float[] found = ReadBFloat16();
        // 1.00390625 is half way between 1 and 1.0078125, 1.01171875 between that and 1.015625.
        Assert.Equal([1, -2.5f, 1, 1.015625f], found.Take(4));
        // Half of the distance between two numbers of eight bits; of subnormal ones it is 2^-134.
        Assert.All(Numbers.Zip(found), static pair => Assert.InRange(
            Math.Abs(pair.Second - pair.First), 0, Math.Max(Math.Abs(pair.First) / 256, MathF.ScaleB(1, -134))));
        // What bfloat16 holds comes back as it was.
        WeightConversion.Run(At("out"), At("again"), "F32", []);
        WeightConversion.Run(At("again"), At("third"), "BF16", []);
        Assert.Equal(File.ReadAllBytes(At("out")), File.ReadAllBytes(At("third")));
    }

    [Theory]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Infinity_and_NaN_stay_what_they_are(string type)
    {
        // NaNs of both signs, whose upper bits alone, lower bits alone, or all bits are set.
        uint[] bits = [0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF];
        WeightConversion.Run(Sample(numbers: MemoryMarshal.Cast<uint, float>(bits).ToArray()), At("out"), type, []);
        WeightConversion.Run(At("out"), At("back"), "F32", []);
        Assert.Equal(
            [float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.NaN, float.NaN, float.NaN],
            MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(At("back")).AsSpan()[^24..]).ToArray());
    }

    [Fact]
    public void The_largest_numbers_are_rounded_or_told()
    {
        // The largest number of bfloat16, and the last one of float32 below the half way to what would follow.
        float largest = BitConverter.UInt32BitsToSingle(0x7F7F0000), last = BitConverter.UInt32BitsToSingle(0x7F7F7FFF);
        WeightConversion.Run(Sample(numbers: [largest, last, -last]), At("out"), "BF16", []);
        Assert.Equal([largest, largest, -largest], ReadBFloat16(3));
        WeightConversion.Run(Sample(numbers: [65504, 65519, -65519]), At("out16"), "F16", []);
        WeightConversion.Run(At("out16"), At("out32"), "F32", []);
        Assert.Equal([65504, 65504, -65504], ReadLast<float>("out32", 3));
        Tell("which bfloat16 cannot; take float32", () => WeightConversion.Run(
            Sample(numbers: [1, BitConverter.UInt32BitsToSingle(0x7F7F8000)]), At("o"), "BF16", []));
        Tell("'model.w' holds -65520, which float16 cannot; take bfloat16",
            () => WeightConversion.Run(Sample(numbers: [1, -65520]), At("o"), "F16", []));
        Assert.False(File.Exists(At("o")));
    }

    [Fact]
    public void Names_change_their_beginning_and_statistics_keep_their_type()
    {
        WeightConversion.Run(Sample(mark: "aarengen.weights"), At("out"), "BF16", [("model.", "")]);
        Assert.Equal(["standardize.tokens F64", "w BF16"], TensorsOf("out"));
        ModelFileInfo info = FileReport.Read(At("out")).Info;
        Assert.Equal(("abc", null, null), (info.DeclarationFingerprint, info.WeightFingerprint, info.HasRightChecksum));
        // A file is its own input and output, too.
        WeightConversion.Run(At("out"), At("out"), "F32", []);
        Assert.Equal(["standardize.tokens F64", "w F32"], TensorsOf("out"));
    }

    [Fact]
    public void What_cannot_be_converted_is_told()
    {
        Tell("no tensor's name begins with 'x.'; one is 'standardize.tokens'",
            () => WeightConversion.Run(Sample(), At("o"), null, [("x.", "")]));
        Tell("is a compiled model", () => WeightConversion.Run(Sample("aarengen.compiled", "1 Float32"), At("o"), "F16", []));
        Tell("the checksum does not fit", () => WeightConversion.Run(Sample(Checksum, "1"), At("o"), "BF16", []));
        Assert.False(File.Exists(At("o")));
    }

    [Theory]
    [InlineData("other", "1", "weights")]
    [InlineData("aarengen.checkpoint", "1", "checkpoint")]
    public void A_file_tells_its_kind(string mark, string value, string kind)
    {
        var report = FileReport.Read(Sample(mark, value));
        Assert.Equal((kind, "abc", Numbers.Length), (report.Kind, report.Info.DeclarationFingerprint, report.Parameters));
    }

    [Fact]
    public void A_checksum_is_told_whether_it_is_right_wrong_or_absent()
    {
        Assert.Equal((0, "checksum: none", ""), Inspect(Sample()));
        Sample(Checksum, null);
        Assert.Equal((0, "checksum: right", ""), Inspect(At("in")));
        byte[] bytes = File.ReadAllBytes(At("in"));
        bytes[^1] ^= 1;
        (int code, string told, string error) = Inspect(WriteBytes("flipped", bytes));
        Assert.Equal((1, "checksum: wrong"), (code, told));
        Assert.Matches("^error: .*flipped: the checksum does not fit the contents; the file is damaged.*\n$", error);

        // The report is whole all the same.
        (code, string json, _) = Run("inspect", At("flipped"), "--json");
        using JsonDocument report = JsonDocument.Parse(json);
        Assert.Equal(
            (1, false, 2), (code, report.RootElement.GetProperty("hasRightChecksum").GetBoolean(),
                report.RootElement.GetProperty("tensors").GetArrayLength()));

        static (int Code, string Told, string Error) Inspect(string path)
        {
            (int code, string output, string error) = Run("inspect", path);
            return (code, output.Split('\n').Single(static l => l.StartsWith("checksum", StringComparison.Ordinal)).Trim(), error);
        }
    }

    [Fact]
    public void The_end_of_the_training_and_metadata_are_told()
    {
        Sample("aarengen.fitted_until", "2026-01-31T13:00:00.0000000Z", own: "of the user");
        (_, string output, _) = Run("inspect", At("in"));
        Assert.Contains("fitted until: 2026-01-31T13:00:00.0000000+00:00", output, StringComparison.Ordinal);
        Assert.Contains("own: of the user", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_whose_length_begins_with_a_brace_is_that_of_weights()
    {
        // The length is the file's first bytes, and 123 is a brace's, with which the states of a project's program begin.
        for (int spaces = 0; spaces < 256; spaces++)
        {
            if (File.ReadAllBytes(Sample(spaces: spaces))[0] == '{')
            {
                Assert.Equal(("weights", 2), (FileReport.Read(At("in")).Kind, FileReport.Read(At("in")).Info.Tensors.Count));
                return;
            }
        }
        Assert.Fail("no length of a header begins with a brace");
    }

    [Theory]
    [InlineData("{\"Rows\":5}\n", "Not a safetensors file")]
    [InlineData("{\"Rows\":5}", "Not a safetensors file")]
    [InlineData("{\"Rows\":\"x\"}\n", "The line about rows is damaged")]
    [InlineData("{\"Rows\":5\n", "The line about rows is damaged")]
    public void What_follows_a_line_about_rows_must_be_states(string start, string expected) => Assert.Contains(
        expected, Assert.Throws<ModelFileException>(() => FileReport.Read(Write("head", start))).Message, StringComparison.Ordinal);

    [Fact]
    public void Weights_below_a_line_about_rows_are_told()
    {
        WriteBytes("head", [.. "{\"Rows\":5}\n"u8, .. File.ReadAllBytes(Sample())]);
        string told = Assert.Throws<ModelFileException>(() => FileReport.Read(At("head"))).Message;
        Assert.Equal($"{At("head")}: There are no states below the line about rows; use an older copy.", told);
    }

    [Fact]
    public void Damaged_headers_are_told()
    {
        byte[] bytes = File.ReadAllBytes(Sample(Checksum, null));
        for (int cut = 0; cut < bytes.Length; cut += 7)
        {
            Assert.Throws<ModelFileException>(() => FileReport.Read(WriteBytes("cut", bytes[..cut])));
        }
        int dataStart = bytes.Length - 4 * Numbers.Length - 16;
        for (int at = 0; at < bytes.Length; at++)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 0x15;
            WriteBytes("changed", changed);
            if (at >= dataStart)
            {
                Assert.False(FileReport.Read(At("changed")).HasRightChecksum);
                continue;
            }
            try
            {
                FileReport.Read(At("changed"));
            }
            catch (ModelFileException)
            {
            }
        }
    }

    private static void Tell(string expected, Action run) =>
        Assert.Contains(expected, Assert.Throws<UserException>(run).Message, StringComparison.Ordinal);

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        TextWriter before = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        // It keeps the output that it was first used with, which a test before may have closed.
        AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings());
        try
        {
            (int code, string error) = ProgramRun.Of(typeof(UserException).Assembly, arguments);
            return (code, output.ToString(), error.ReplaceLineEndings("\n"));
        }
        finally
        {
            Console.SetOut(before);
        }
    }

    private float[] ReadBFloat16(int count = 6) =>
        [.. ReadLast<ushort>("out", count).Select(static b => BitConverter.UInt32BitsToSingle((uint)b << 16))];

    /// <summary>The numbers that a file ends with.</summary>
    private T[] ReadLast<T>(string file, int count) where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(At(file)).AsSpan()[^(count * Marshal.SizeOf<T>())..]).ToArray();

    private string[] TensorsOf(string file) => [.. FileReport.Read(At(file)).Info.Tensors.Select(static t => $"{t.Name} {t.Type}")];

    /// <summary>Writes a file as another program does.</summary>
    /// <param name="mark">An entry of the metadata.</param>
    /// <param name="value">What it tells; null: the checksum of the contents.</param>
    /// <param name="numbers">The weights.</param>
    /// <param name="own">An entry of the user.</param>
    /// <param name="spaces">Spaces behind the header.</param>
    private string Sample(
        string mark = "other", string? value = "1", float[]? numbers = null, string own = "1", int spaces = 0)
    {
        numbers ??= Numbers;
        byte[] data = [.. MemoryMarshal.AsBytes<double>([1.5, 2.5]), .. MemoryMarshal.AsBytes<float>(numbers)];
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["aarengen.fingerprint"] = "abc", ["own"] = own };
        metadata[mark] = value ?? Convert.ToHexStringLower(SHA256.HashData(
            [.. metadata.SelectMany(static m => Encoding.UTF8.GetBytes($"{m.Key.Length}:{m.Key}{m.Value.Length}:{m.Value}")), .. data]));
        var header = new JsonObject
        {
            ["__metadata__"] = JsonSerializer.SerializeToNode(metadata),
            ["standardize.tokens"] = Tensor("F64", 2, 0, 16),
            ["model.w"] = Tensor("F32", numbers.Length, 16, data.Length),
        };
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString() + new string(' ', spaces));
        return WriteBytes("in", [.. BitConverter.GetBytes((long)text.Length), .. text, .. data]);

        static JsonObject Tensor(string type, int size, int start, int end) => new()
        {
            ["dtype"] = type, ["shape"] = new JsonArray(size), ["data_offsets"] = new JsonArray(start, end),
        };
    }
}
