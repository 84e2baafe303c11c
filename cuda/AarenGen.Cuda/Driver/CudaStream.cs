using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// A queue of work: copies, kernels and graphs run in the order they came, apart from other streams. Any thread may enqueue, but the
/// order of what several threads enqueue is theirs to settle. It does not wait for the default stream.
/// </summary>
internal sealed class CudaStream : CudaResource
{
    public CudaStream(CudaContext context) : base(context)
    {
        context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuStreamCreate(out nint stream, DriverApi.StreamNonBlocking));
        Own(stream);
    }

    /// <summary>Waits until all that was enqueued is done. A kernel's fault comes up here at the latest.</summary>
    public void Synchronize()
    {
        Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuStreamSynchronize(this));
    }

    /// <summary>What is enqueued from now on waits for what the event marks; the calling thread does not.</summary>
    public void Wait(CudaEvent marked)
    {
        Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuStreamWaitEvent(this, marked, 0));
    }

    protected override void Destroy(nint owned) => _ = DriverApi.cuStreamDestroy_v2(owned);
}
