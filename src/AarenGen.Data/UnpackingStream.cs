using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace AarenGen.Data;

/// <summary>
/// Unpacks gzip (RFC 1952), members one behind the other. The end of each member is checked against its trailer: by default the runtime's
/// own stream reads a file that was cut as a shorter one, and only the whole process can choose otherwise.
/// </summary>
internal sealed class UnpackingStream(Stream packed) : ForwardStream
{
    private const int HeaderLength = 10, TrailerLength = 8;
    private readonly byte[] buffer = new byte[1 << 16];
    private int start, end, chunk;
    private bool isAtEnd;
    private readonly Crc32 checksum = new();
    private DeflateStream? member;
    private uint length;

    /// <exception cref="InvalidDataException">The packed bytes are damaged or end too early.</exception>
    public override int Read(Span<byte> target)
    {
        while (!target.IsEmpty && (member is not null || TryBegin()))
        {
            int read = member!.Read(target);
            if (read > 0)
            {
                checksum.Append(target[..read]);
                length = unchecked(length + (uint)read);
                return read;
            }
            End();
        }
        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            member?.Dispose();
            packed.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <summary>Reads the header of the next member; false where there is none. Zeros between and behind members are padding.</summary>
    private bool TryBegin()
    {
        while (Has(1) && buffer[start] == 0)
        {
            start++;
        }
        if (!Has(1))
        {
            return false;
        }
        const int HasCheck = 2, HasExtra = 4, HasName = 8, HasComment = 16, Reserved = 0xE0;
        Require(HeaderLength);
        int flags = buffer[start + 3];
        if (buffer.AsSpan(start) is not [0x1F, 0x8B, 8, ..] || (flags & Reserved) != 0)
        {
            throw new InvalidDataException("There are bytes that are no member of a gzip file.");
        }
        start += HeaderLength;
        if ((flags & HasExtra) != 0)
        {
            Require(2);
            int extra = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(start));
            start += 2;
            Skip(extra);
        }
        SkipText((flags & HasName) != 0);
        SkipText((flags & HasComment) != 0);
        Skip((flags & HasCheck) != 0 ? 2 : 0);
        checksum.Reset();
        length = 0;
        member = new(new Feed(this), CompressionMode.Decompress);
        return true;
    }

    /// <summary>
    /// Finds the trailer. The member ended within the last bytes that were handed over, and it is not known where: the trailer is the first
    /// place that holds the checksum and the length of what was unpacked, 64 bits that other bytes hold by chance once in 10^15 members.
    /// </summary>
    private void End()
    {
        member!.Dispose();
        member = null;
        int handed = start - chunk;
        start = chunk;
        Has(handed + TrailerLength);
        Span<byte> trailer = stackalloc byte[TrailerLength];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, checksum.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], length);
        int found = buffer.AsSpan(start, Math.Min(end - start, handed + TrailerLength)).IndexOf(trailer);
        if (found < 0)
        {
            throw new InvalidDataException("The unpacked bytes are not those that were packed, or the file ends too early.");
        }
        start += found + TrailerLength;
    }

    /// <summary>Whether the buffer holds a number of packed bytes, after reading what is needed.</summary>
    /// <param name="count">The number, at most half of the buffer's.</param>
    private bool Has(int count)
    {
        while (end - start < count && !isAtEnd)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            int read = packed.Read(buffer.AsSpan(end));
            isAtEnd = read == 0;
            end += read;
        }
        return end - start >= count;
    }

    private void Require(int count)
    {
        if (!Has(count))
        {
            throw new InvalidDataException("The file ends too early.");
        }
    }

    private void Skip(int count)
    {
        while (count > 0)
        {
            Require(1);
            int step = Math.Min(count, end - start);
            (start, count) = (start + step, count - step);
        }
    }

    private void SkipText(bool isThere)
    {
        while (isThere)
        {
            Require(1);
            isThere = buffer[start++] != 0;
        }
    }

    private int HandOver(Span<byte> target)
    {
        int count = Has(1) ? Math.Min(Math.Min(target.Length, buffer.Length / 4), end - start) : 0;
        chunk = start;
        buffer.AsSpan(start, count).CopyTo(target);
        start += count;
        return count;
    }

    /// <summary>The packed bytes of a member and what follows them.</summary>
    private sealed class Feed(UnpackingStream owner) : ForwardStream
    {
        public override int Read(Span<byte> buffer) => owner.HandOver(buffer);
    }
}
