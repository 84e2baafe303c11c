using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// Zeroed memory of the host that the device reads and writes at full speed while the program goes on. The span must not be used
/// after the buffer is disposed, nor while a copy is enqueued.
/// </summary>
internal sealed unsafe class PinnedBuffer<T> : CudaResource where T : unmanaged
{
    public PinnedBuffer(CudaContext context, int length) : base(context)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        nuint bytes = (nuint)length * (nuint)sizeof(T);
        context.MakeCurrent();
        CudaDriver.Check(
            DriverApi.cuMemHostAlloc(out nint address, bytes, DriverApi.HostAllocPortable),
            $"{bytes:N0} bytes of the host's memory were to be pinned; the system may limit that (ulimit -l, a container's memory).");
        Own(address);
        Span.Clear();
    }

    public int Length { get; }

    public Span<T> Span
    {
        get
        {
            ThrowIfDisposed();
            return new((void*)handle, Length);
        }
    }

    /// <summary>The address of values that are inside.</summary>
    internal T* Range(long start, long length)
    {
        ThrowIfDisposed();
        if (start < 0 || length < 0 || start > Length || length > Length - start)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), $"{length} values from number {start} are outside pinned memory of {Length}.");
        }
        return (T*)handle + start;
    }

    protected override void Destroy(nint owned) => _ = DriverApi.cuMemFreeHost(owned);
}
