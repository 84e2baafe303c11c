using System.Text;
using AarenGen.Serialization;

namespace AarenGen.Tests;

/// <summary>Tensors of every type that the format has are understood, since a file may hold more than the model reads.</summary>
public sealed class SafetensorsHeaderTests
{
    [Fact]
    public void What_a_message_repeats_of_a_damaged_header_is_short()
    {
        byte[] header = Encoding.ASCII.GetBytes("{\"__metadata__\":nan" + new string('x', 10_000));
        byte[] file = [.. BitConverter.GetBytes((long)header.Length), .. header];
        string message = Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(new MemoryStream(file), true)).Message;
        Assert.StartsWith("The safetensors header is damaged: ", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 1, 500);
    }

    [Theory]
    [InlineData("F64", 8)]
    [InlineData("F32", 4)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("I64", 8)]
    [InlineData("I32", 4)]
    [InlineData("I16", 2)]
    [InlineData("I8", 1)]
    [InlineData("U64", 8)]
    [InlineData("U32", 4)]
    [InlineData("U16", 2)]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    [InlineData("C64", 8)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("F8_E8M0", 1)]
    [InlineData("F8_E4M3FNUZ", 1)]
    [InlineData("F8_E5M2FNUZ", 1)]
    public void A_type_has_its_size(string type, int bytes)
    {
        TensorEntry tensor = Safetensors.ReadHeader(FileOf(type, 6 * bytes)).Tensors["a"];
        Assert.Equal((type, 6L * bytes), (tensor.Type, tensor.End - tensor.Start));
        Assert.Equal([2L, 3], tensor.Shape);
        foreach (int wrong in (int[])[6 * bytes - 1, 6 * bytes + 1])
        {
            Assert.Contains(
                $"its shape takes {6 * bytes} bytes",
                Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(FileOf(type, wrong))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
        "'b' begin at byte")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0,
        "'a' has shape [4611686018427387904, 4] and offsets 0 to 0, which no file can have.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,4]}}""", 4, "which no file can have")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,4]}}""", 4, "takes 9223372036854775807 bytes")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", 0, "which no file can have")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775000,9223372036854775004]}}""", 0, "begin at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "which no file can have")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4, "no non-negative integer")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,"x"],"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1,[1]],"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2","b":"3"},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"__metadata__":{"a":"1"},"__metadata__":{"b":"2"},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} 1""", 4, "")]
    public void A_header_that_contradicts_itself_is_rejected(string header, int bytes, string expected) => Assert.Contains(
        expected, Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(File(header, bytes))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_tensor_without_numbers_is_empty_whatever_its_other_sizes()
    {
        const string Header = """{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""";
        TensorEntry tensor = Safetensors.ReadHeader(File(Header, 0)).Tensors["a"];
        Assert.Equal(tensor.Start, tensor.End);
    }

    [Fact]
    public void A_header_longer_than_the_file_is_rejected()
    {
        byte[] header = "{}      "u8.ToArray();
        Assert.Empty(Safetensors.ReadHeader(Stream(header.Length)).Tensors);
        for (int more = 1; more <= 20; more++)
        {
            Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(Stream(header.Length + more)));
        }

        MemoryStream Stream(int length) => new([.. BitConverter.GetBytes((long)length), .. header]);
    }

    private static MemoryStream FileOf(string type, int bytes) =>
        File($"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":[2,3],\"data_offsets\":[0,{bytes}]}}}}", bytes);

    private static MemoryStream File(string header, int bytes)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return new([.. BitConverter.GetBytes((long)text.Length), .. text, .. new byte[bytes]]);
    }
}
