using System.Text;
using AarenGen.Serialization;

namespace AarenGen.Tests;

/// <summary>Tensors of every type that the format has are understood, since a file may hold more than the model reads.</summary>
public sealed class SafetensorsHeaderTests
{
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
        TensorEntry tensor = Safetensors.ReadHeader(File(type, 6 * bytes)).Tensors["a"];
        Assert.Equal((type, 6L * bytes), (tensor.Type, tensor.End - tensor.Start));
        Assert.Equal([2L, 3], tensor.Shape);
        foreach (int wrong in (int[])[6 * bytes - 1, 6 * bytes + 1])
        {
            Assert.Contains(
                $"its shape takes {6 * bytes} bytes",
                Assert.Throws<ModelFileException>(() => Safetensors.ReadHeader(File(type, wrong))).Message, StringComparison.Ordinal);
        }
    }

    private static MemoryStream File(string type, int bytes)
    {
        byte[] header = Encoding.UTF8.GetBytes($"{{\"a\":{{\"dtype\":\"{type}\",\"shape\":[2,3],\"data_offsets\":[0,{bytes}]}}}}");
        return new([.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[bytes]]);
    }
}
