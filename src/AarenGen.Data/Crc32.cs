using System.Buffers.Binary;

namespace AarenGen.Data;

/// <summary>The checksum of gzip (RFC 1952, section 8), eight bytes at a time.</summary>
internal static class Crc32
{
    private const int Bytes = 8;
    private static readonly uint[] Table = Fill();

    /// <summary>The checksum of bytes that follow others.</summary>
    /// <param name="crc">The checksum of the others; 0: there are none.</param>
    /// <param name="data">The bytes.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        uint[] table = Table;
        crc = ~crc;
        for (; data.Length >= Bytes; data = data[Bytes..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc, high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = table[0x700 + (low & 255)] ^ table[0x600 + (low >> 8 & 255)] ^ table[0x500 + (low >> 16 & 255)]
                ^ table[0x400 + (low >> 24)] ^ table[0x300 + (high & 255)] ^ table[0x200 + (high >> 8 & 255)]
                ^ table[0x100 + (high >> 16 & 255)] ^ table[high >> 24];
        }
        foreach (byte value in data)
        {
            crc = table[(crc ^ value) & 255] ^ crc >> 8;
        }
        return ~crc;
    }

    /// <summary>The remainder of each byte that 0 to 7 zero bytes follow.</summary>
    private static uint[] Fill()
    {
        const uint Polynomial = 0xEDB88320;
        var table = new uint[Bytes << 8];
        for (uint i = 0; i < table.Length; i++)
        {
            uint crc = i < 256 ? i : table[i - 256];
            for (int bit = 0; i < 256 && bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? crc >> 1 ^ Polynomial : crc >> 1;
            }
            table[i] = i < 256 ? crc : table[crc & 255] ^ crc >> 8;
        }
        return table;
    }
}
