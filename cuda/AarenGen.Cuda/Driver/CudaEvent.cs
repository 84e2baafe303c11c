using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>A mark in a stream: other streams and threads can wait for it, and two of them tell the time between.</summary>
internal sealed class CudaEvent : CudaResource
{
    /// <param name="context">Where it lives.</param>
    /// <param name="withTiming">Whether <see cref="ElapsedSince"/> may be asked, which makes waiting dearer.</param>
    public CudaEvent(CudaContext context, bool withTiming = false) : base(context)
    {
        context.MakeCurrent();
        uint flags = DriverApi.EventBlockingSync | (withTiming ? 0 : DriverApi.EventDisableTiming);
        CudaDriver.Check(DriverApi.cuEventCreate(out nint created, flags));
        Own(created);
    }

    /// <summary>Whether the work before the mark is done; true where nothing was marked yet.</summary>
    public bool IsComplete
    {
        get
        {
            Context.MakeCurrent();
            DriverResult result = DriverApi.cuEventQuery(this);
            if (result == DriverResult.NotReady)
            {
                return false;
            }
            CudaDriver.Check(result, call: nameof(DriverApi.cuEventQuery));
            return true;
        }
    }

    /// <summary>Marks the end of what the stream holds now; an earlier mark is forgotten.</summary>
    public void Record(CudaStream stream)
    {
        Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuEventRecord(this, stream));
    }

    /// <summary>Waits, without keeping a processor busy, until the work before the mark is done.</summary>
    public void Synchronize()
    {
        Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuEventSynchronize(this));
    }

    /// <summary>Time on the device between two marks that were both reached.</summary>
    public TimeSpan ElapsedSince(CudaEvent start)
    {
        Context.MakeCurrent();
        CudaDriver.Check(
            DriverApi.cuEventElapsedTime(out float milliseconds, start, this), "Both events need timing, and their marks must be reached.");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    protected override void Destroy(nint owned) => _ = DriverApi.cuEventDestroy_v2(owned);
}
