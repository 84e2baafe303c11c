using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Driver;

/// <summary>
/// Work recorded once and launched as one. It holds addresses: the buffers and modules that the recording used must live as long. One
/// launch runs at a time; any thread may enqueue it.
/// </summary>
internal sealed class CudaGraph : CudaResource
{
    private CudaGraph(CudaContext context, nint executable) : base(context) => Own(executable);

    /// <summary>
    /// Records what the action enqueues on the stream, which runs none of it. The action must not wait, allocate or copy from and to
    /// spans; other threads may. Where it throws, the stream is as before.
    /// </summary>
    public static CudaGraph Capture(CudaStream stream, Action record)
    {
        stream.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuStreamBeginCapture_v2(stream, DriverApi.CaptureThreadLocal));
        try
        {
            record();
        }
        catch
        {
            // The stream must leave the capture; what was recorded until then is of no use.
            stream.Context.MakeCurrent();
            _ = DriverApi.cuStreamEndCapture(stream, out nint half);
            Discard(half);
            throw;
        }
        stream.Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuStreamEndCapture(stream, out nint graph));
        try
        {
            CudaDriver.Check(DriverApi.cuGraphInstantiateWithFlags(out nint executable, graph, 0));
            return new(stream.Context, executable);
        }
        finally
        {
            Discard(graph);
        }
    }

    /// <summary>Enqueues the recorded work.</summary>
    public void Launch(CudaStream stream)
    {
        Context.MakeCurrent();
        CudaDriver.Check(DriverApi.cuGraphLaunch(this, stream));
    }

    protected override void Destroy(nint owned) => _ = DriverApi.cuGraphExecDestroy(owned);

    private static void Discard(nint graph)
    {
        if (graph != 0)
        {
            _ = DriverApi.cuGraphDestroy(graph);
        }
    }
}
