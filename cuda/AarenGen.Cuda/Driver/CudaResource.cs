using System.Runtime.InteropServices;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// Something that lives in a context and keeps it alive. Dispose it early: device memory is scarce, and the garbage collector does not
/// see it. One that is forgotten is destroyed by its finalizer.
/// </summary>
internal abstract class CudaResource(CudaContext context) : SafeHandle(0, ownsHandle: true)
{
    public CudaContext Context { get; } = context;

    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Takes what the driver made; called once, at the end of a constructor.</summary>
    protected void Own(nint created)
    {
        bool added = false;
        Context.DangerousAddRef(ref added);
        SetHandle(created);
    }

    /// <summary>Gives back to the driver what <see cref="Own"/> took. The context is current.</summary>
    protected abstract void Destroy(nint owned);

    protected sealed override bool ReleaseHandle()
    {
        // Errors do not matter here: a lost device, or a driver that is unloading, has freed everything itself.
        Context.MakeCurrentForRelease();
        Destroy(handle);
        Context.DangerousRelease();
        return true;
    }

    protected void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsClosed, this);
}
