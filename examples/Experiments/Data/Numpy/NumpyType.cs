using System.Buffers.Binary;

namespace Experiments;

/// <summary>The type of the elements of an array, as NumPy writes it: '&lt;f8', '|b1', '|O'.</summary>
/// <param name="Kind">f: floating-point, i: signed, u: unsigned, b: truth values, O: objects.</param>
/// <param name="Size">Bytes of an element.</param>
/// <param name="IsBigEndian">Whether the byte that counts most comes first.</param>
internal sealed record NumpyType(char Kind, int Size, bool IsBigEndian)
{
    /// <summary>Whether elements are objects, which follow as a pickle.</summary>
    public bool IsObject => Kind == 'O';

    /// <summary>The type of a description, with or without a byte order; null: none that holds numbers or objects.</summary>
    public static NumpyType? Find(string description)
    {
        bool isBig = description.StartsWith('>');
        string code = description.TrimStart('<', '>', '|', '=');
        return code switch
        {
            "f2" or "f4" or "f8" or "i1" or "i2" or "i4" or "i8" or "u1" or "u2" or "u4" or "u8" or "b1" =>
                new(code[0], code[1] - '0', isBig),
            "O" or "O8" => new('O', sizeof(long), isBig),
            _ => null,
        };
    }

    /// <summary>The number at the beginning of some bytes.</summary>
    /// <exception cref="InvalidOperationException">Elements are objects.</exception>
    public double Read(ReadOnlySpan<byte> bytes) => (Kind, Size, IsBigEndian) switch
    {
        ('f', 8, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        ('f', 8, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        ('f', 4, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        ('f', 4, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        ('f', 2, false) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        ('f', 2, true) => (double)BinaryPrimitives.ReadHalfBigEndian(bytes),
        ('i', 8, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        ('i', 8, true) => BinaryPrimitives.ReadInt64BigEndian(bytes),
        ('i', 4, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ('i', 4, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
        ('i', 2, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ('i', 2, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
        ('i', 1, _) => (sbyte)bytes[0],
        ('u', 8, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        ('u', 8, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        ('u', 4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        ('u', 4, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        ('u', 2, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        ('u', 2, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        ('u' or 'b', 1, _) => bytes[0],
        _ => throw new InvalidOperationException($"Elements of the kind {Kind} are no numbers."),
    };
}
