using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// Values in a <see cref="DeviceBuffer"/>. Copies from and to spans wait until they are done, so the span is free afterwards. What is
/// enqueued runs in the stream's turn: its pinned memory must stay alive, and be left alone, until then.
/// </summary>
internal readonly unsafe struct DeviceView<T> where T : unmanaged
{
    private readonly DeviceBuffer buffer;
    private readonly long byteOffset;

    public DeviceView(DeviceBuffer buffer, long byteOffset, long length)
    {
        if (byteOffset < 0 || length < 0 || byteOffset > buffer.Bytes || length > (buffer.Bytes - byteOffset) / sizeof(T))
        {
            throw new ArgumentOutOfRangeException(
                nameof(length),
                $"{length} values of {sizeof(T)} bytes from byte {byteOffset} are outside a buffer of {buffer.Bytes} bytes.");
        }
        this.buffer = buffer;
        this.byteOffset = byteOffset;
        Length = length;
    }

    public long Length { get; }

    /// <summary>Where the values begin, as kernels see it.</summary>
    public nint Address => buffer.Address + (nint)byteOffset;

    private nuint Bytes => (nuint)(Length * sizeof(T));

    public DeviceView<T> Slice(long start, long length)
    {
        if (start < 0 || length < 0 || start > Length || length > Length - start)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"{length} values from number {start} are outside a view of {Length}.");
        }
        return new(buffer, byteOffset + start * sizeof(T), length);
    }

    /// <summary>Copies as many values as the view holds to the device and waits for them.</summary>
    public void CopyFrom(ReadOnlySpan<T> source, CudaStream stream)
    {
        CheckLength(source.Length);
        buffer.Context.MakeCurrent();
        fixed (T* start = source)
        {
            CudaDriver.Check(DriverApi.cuMemcpyHtoDAsync_v2(Address, start, Bytes, stream));
            stream.Synchronize();
        }
        GC.KeepAlive(buffer);
    }

    /// <summary>Copies all values from the device and waits for them.</summary>
    public void CopyTo(Span<T> destination, CudaStream stream)
    {
        CheckLength(destination.Length);
        buffer.Context.MakeCurrent();
        fixed (T* start = destination)
        {
            CudaDriver.Check(DriverApi.cuMemcpyDtoHAsync_v2(start, Address, Bytes, stream));
            stream.Synchronize();
        }
        GC.KeepAlive(buffer);
    }

    /// <summary>Enqueues a copy of as many values as the view holds, from a place in pinned memory.</summary>
    public void EnqueueCopyFrom(PinnedBuffer<T> source, CudaStream stream, long sourceStart = 0)
    {
        T* start = source.Range(sourceStart, Length);
        buffer.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuMemcpyHtoDAsync_v2(Address, start, Bytes, stream));
        GC.KeepAlive(buffer);
        GC.KeepAlive(source);
    }

    /// <summary>Enqueues a copy of all values to a place in pinned memory.</summary>
    public void EnqueueCopyTo(PinnedBuffer<T> destination, CudaStream stream, long destinationStart = 0)
    {
        T* start = destination.Range(destinationStart, Length);
        buffer.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuMemcpyDtoHAsync_v2(start, Address, Bytes, stream));
        GC.KeepAlive(buffer);
        GC.KeepAlive(destination);
    }

    /// <summary>Enqueues zeroes.</summary>
    public void Clear(CudaStream stream)
    {
        buffer.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuMemsetD8Async(Address, 0, Bytes, stream));
        GC.KeepAlive(buffer);
    }

    /// <summary>Enqueues one value over and over; for types of four bytes.</summary>
    public void Fill(T value, CudaStream stream)
    {
        if (sizeof(T) != sizeof(uint))
        {
            throw new NotSupportedException($"{nameof(Fill)} writes values of four bytes, not {typeof(T).Name}.");
        }
        buffer.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuMemsetD32Async(Address, *(uint*)&value, (nuint)Length, stream));
        GC.KeepAlive(buffer);
    }

    private void CheckLength(int length)
    {
        if (length != Length)
        {
            throw new ArgumentException($"The span must hold {Length} values, as the view does, but holds {length}.");
        }
    }
}
