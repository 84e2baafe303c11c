using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AarenGen.Cuda.Compilation;
using AarenGen.Cuda.Driver;

namespace AarenGen.Cuda.Tests;

/// <summary>The bindings on a device, or on what stands in for one.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceTests(DeviceTests.Session session) : IClassFixture<DeviceTests.Session>
{
    private const int Count = 1000;

    private const string Source =
        """
        struct Arguments { float* values; float factor; };

        extern "C" __global__ void scale(Arguments a, int n)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < n) a.values[i] = a.values[i] * a.factor + blockIdx.y;
        }

        extern "C" __global__ void reverse(Arguments a, int n)
        {
            extern __shared__ float row[];
            for (int i = threadIdx.x; i < n; i += blockDim.x) row[i] = a.values[i];
            __syncthreads();
            for (int i = threadIdx.x; i < n; i += blockDim.x) a.values[i] = row[n - 1 - i] * a.factor;
        }
        """;

    private CudaContext Context => session.Context!;

    private CudaModule Module => session.Module!;

    [DeviceFact]
    public void Device_describes_itself()
    {
        CudaDeviceQuery query = CudaDeviceInfo.Query();

        Assert.Equal((CudaStatus.Available, ""), (query.Status, query.Message));
        CudaDeviceInfo device = query.Devices[0];
        Assert.Equal(0, device.Ordinal);
        Assert.NotEmpty(device.Name);
        Assert.True(device.ComputeCapability >= new Version(7, 5), $"{device.ComputeCapability}");
        Assert.True(device.Multiprocessors > 0);
        Assert.True(device.SharedMemoryPerBlock >= 48 << 10);
        Assert.True(device.SharedMemoryPerBlockOptIn >= device.SharedMemoryPerBlock);
        Assert.True(device.SharedMemoryPerMultiprocessor >= device.SharedMemoryPerBlockOptIn);
        Assert.True(device.PeakBandwidth >= 0);
        Assert.InRange(device.GetFreeMemory(), 1, device.TotalMemory);
        Assert.True(CudaDriver.Version >= new Version(11, 4));
    }

    [DeviceFact]
    public void Missing_device_is_rejected_with_a_fix()
    {
        CudaException e = Assert.Throws<CudaException>(static () => new CudaContext(1000));
        Assert.Equal("CUDA_ERROR_INVALID_DEVICE", e.ErrorName);
        Assert.Contains("Device 1000 was asked for. Devices are counted from 0", e.Message, StringComparison.Ordinal);
    }

    [DeviceFact]
    public void Values_come_back_from_the_device()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, Count * sizeof(float));
        float[] values = [.. Enumerable.Range(0, Count)], back = new float[Count];

        buffer.View<float>().CopyFrom(values, stream);
        buffer.View<float>().CopyTo(back, stream);
        Assert.Equal(values, back);

        buffer.View<float>().Slice(10, 5).Clear(stream);
        buffer.View<float>(20 * sizeof(float), 3).Fill(-1.5f, stream);
        buffer.View<float>().CopyTo(back, stream);
        Assert.Equal(values.Select(static (v, i) => i is >= 10 and < 15 ? 0 : i is >= 20 and < 23 ? -1.5f : v), back);

        buffer.Clear(stream);
        buffer.View<float>().CopyTo(back, stream);
        Assert.All(back, static v => Assert.Equal(0, v));
    }

    [DeviceFact]
    public void Pinned_memory_is_copied_in_stream_order()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, Count * sizeof(int));
        using var source = new PinnedBuffer<int>(Context, 2 * Count);
        using var destination = new PinnedBuffer<int>(Context, Count + 1);
        Assert.All(source.Span.ToArray(), static v => Assert.Equal(0, v));
        for (int i = 0; i < source.Length; i++)
        {
            source.Span[i] = i;
        }

        buffer.View<int>().EnqueueCopyFrom(source, stream, sourceStart: 500);
        buffer.View<int>().EnqueueCopyTo(destination, stream, destinationStart: 1);
        stream.Synchronize();

        Assert.Equal([0, .. Enumerable.Range(500, Count)], destination.Span.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.View<int>().EnqueueCopyFrom(source, stream, sourceStart: Count + 1));
    }

    [DeviceFact]
    public void Views_stay_inside_their_buffer()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, 18);

        Assert.Equal(4, buffer.View<float>().Length);
        Assert.Equal(buffer.Address + 8, buffer.View<float>().Slice(2, 2).Address);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.View<float>(4, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.View<float>(-4, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.View<float>().Slice(1, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.View<byte>().Slice(1, long.MaxValue));
        Assert.Throws<ArgumentException>(() => buffer.View<float>().CopyFrom(new float[5], stream));
        Assert.Throws<ArgumentException>(() => buffer.View<float>().CopyTo(new float[3], stream));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviceBuffer(Context, 0));
    }

    [DeviceFact]
    public void Kernel_runs_with_its_arguments()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, Count * sizeof(float));
        DeviceView<float> view = buffer.View<float>();
        view.Fill(2, stream);

        CudaKernel kernel = Module.GetKernel("scale");
        kernel.Launch(stream, 4, 256, 0, new Arguments { Values = view.Address, Factor = 3 }, Count - 1);

        float[] back = new float[Count];
        view.CopyTo(back, stream);
        Assert.All(back[..^1], static v => Assert.Equal(6, v));
        Assert.Equal(2, back[^1]);
        Assert.Equal("scale", kernel.Name);
        Assert.True(kernel.MaxThreadsPerBlock >= 256);
        Assert.True(kernel.Registers >= 0 && kernel.LocalBytes >= 0 && kernel.StaticSharedBytes >= 0);
        Assert.True(kernel.BlocksPerMultiprocessor(256, 0) >= 1);
    }

    [DeviceFact]
    public void Kernel_gets_more_shared_memory_where_it_is_allowed()
    {
        const int length = 16_000;
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, length * sizeof(float));
        float[] values = [.. Enumerable.Range(0, length)], back = new float[length];
        buffer.View<float>().CopyFrom(values, stream);

        CudaKernel kernel = Module.GetKernel("reverse");
        kernel.AllowSharedBytes(length * sizeof(float));
        Assert.Equal(length * sizeof(float), kernel.SharedBytesLimit);
        kernel.Launch(stream, 1, 128, length * sizeof(float), new Arguments { Values = buffer.Address, Factor = 1 }, length);

        buffer.View<float>().CopyTo(back, stream);
        Assert.Equal(values.Reverse(), back);
        Assert.Contains(
            "Kernel 'reverse'", Assert.Throws<CudaException>(() => kernel.AllowSharedBytes(10 << 20)).Message, StringComparison.Ordinal);
    }

    [DeviceFact]
    public void Rejected_launch_names_the_kernel_and_its_shape()
    {
        using var stream = new CudaStream(Context);
        CudaException e = Assert.Throws<CudaException>(
            () => Module.GetKernel("scale").Launch(stream, new(2, 3), 5000, 16, new Arguments(), 0));
        Assert.Equal("cuLaunchKernel", e.FunctionName);
        Assert.Contains("Kernel 'scale' was to run in 2 x 3 x 1 blocks of 5000 x 1 x 1 threads", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsDeviceLost);
    }

    [DeviceFact]
    public void Missing_kernel_is_named()
    {
        CudaException e = Assert.Throws<CudaException>(() => Module.GetKernel("missing"));
        Assert.Equal("CUDA_ERROR_NOT_FOUND", e.ErrorName);
        Assert.Contains("Kernel 'missing' was looked for in module 'tests'", e.Message, StringComparison.Ordinal);
    }

    [DeviceFact]
    public void Invalid_code_is_rejected()
    {
        CudaException e = Assert.Throws<CudaException>(
            () => new CudaModule(Context, new("broken", new(80, IsPtx: false), new(11, 8), [1, 2, 3, 4, 5, 6, 7, 0])));
        Assert.Equal("cuModuleLoadDataEx", e.FunctionName);
        Assert.Contains("Module 'broken' was compiled for sm_80 by NVRTC 11.8", e.Message, StringComparison.Ordinal);
    }

    [DeviceFact]
    public void Graph_runs_what_was_recorded_each_time_it_is_launched()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, Count * sizeof(float));
        using var result = new PinnedBuffer<float>(Context, Count);
        DeviceView<float> view = buffer.View<float>();
        CudaKernel kernel = Module.GetKernel("scale");
        view.Fill(1, stream);
        stream.Synchronize();

        using CudaGraph graph = CudaGraph.Capture(stream, () =>
        {
            kernel.Launch(stream, 4, 256, 0, new Arguments { Values = view.Address, Factor = 2 }, Count);
            kernel.Launch(stream, 4, 256, 0, new Arguments { Values = view.Address, Factor = 5 }, Count);
            view.EnqueueCopyTo(result, stream);
        });
        stream.Synchronize();
        Assert.Equal(0, result.Span[0]);

        for (int i = 1; i <= 3; i++)
        {
            graph.Launch(stream);
            stream.Synchronize();
            Assert.All(result.Span.ToArray(), v => Assert.Equal(MathF.Pow(10, i), v));
        }
    }

    [DeviceFact]
    public void Recording_that_throws_leaves_the_stream_as_it_was()
    {
        using var stream = new CudaStream(Context);
        using var buffer = new DeviceBuffer(Context, 64);

        Assert.Throws<InvalidOperationException>(() => CudaGraph.Capture(stream, () =>
        {
            buffer.Clear(stream);
            throw new InvalidOperationException();
        }));
        CudaException e = Assert.Throws<CudaException>(() => CudaGraph.Capture(stream, stream.Synchronize));
        Assert.Contains("While a graph is captured", e.Message, StringComparison.Ordinal);

        byte[] back = new byte[64];
        buffer.Clear(stream);
        buffer.View<byte>().CopyTo(back, stream);
        Assert.All(back, static b => Assert.Equal(0, b));
    }

    [DeviceFact]
    public void Too_large_allocation_is_rejected_with_the_requested_and_the_free_bytes()
    {
        long bytes = Context.Device.TotalMemory * 4;
        CudaException e = Assert.Throws<CudaException>(() => new DeviceBuffer(Context, bytes));
        Assert.Equal("CUDA_ERROR_OUT_OF_MEMORY", e.ErrorName);
        Assert.Equal("cuMemAlloc_v2", e.FunctionName);
        Assert.Contains($"{bytes:N0} bytes were asked for on device 0 ({Context.Device.Name}); ", e.Message, StringComparison.Ordinal);
        Assert.Contains("are free. Take smaller batches", e.Message, StringComparison.Ordinal);
    }

    /// <summary>In a separate process, since that process loses the device.</summary>
    [DeviceFact]
    public async Task Fault_of_a_kernel_loses_the_device_and_says_so()
    {
        string[] lines = (await Program.StartAsync(["fault"])).Split('\n');
        Assert.Equal(["lost True", "lost True", "disposed"], [lines[0], lines[2], lines[4]]);
        Assert.Contains("failed with CUDA_ERROR_", lines[1], StringComparison.Ordinal);
        Assert.Contains("start the process anew", lines[1], StringComparison.Ordinal);
        Assert.Contains("start the process anew", lines[3], StringComparison.Ordinal);
    }

    [DeviceFact]
    public void Events_mark_work_and_measure_the_time_between()
    {
        using var first = new CudaStream(Context);
        using var second = new CudaStream(Context);
        using var start = new CudaEvent(Context, withTiming: true);
        using var end = new CudaEvent(Context, withTiming: true);
        using var buffer = new DeviceBuffer(Context, 1 << 20);
        Assert.True(end.IsComplete);

        start.Record(first);
        buffer.View<uint>().Fill(7, first);
        end.Record(first);
        second.Wait(end);
        uint[] back = new uint[1 << 18];
        buffer.View<uint>().CopyTo(back, second);
        end.Synchronize();

        Assert.All(back, static v => Assert.Equal(7u, v));
        Assert.True(end.IsComplete);
        Assert.True(end.ElapsedSince(start) >= TimeSpan.Zero);
    }

    [DeviceFact]
    public void Objects_of_a_context_may_be_disposed_after_it()
    {
        var context = new CudaContext();
        var stream = new CudaStream(context);
        var buffer = new DeviceBuffer(context, 1024);
        context.Dispose();

        buffer.Dispose();
        buffer.Dispose();
        stream.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
        Assert.Throws<ObjectDisposedException>(stream.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => new CudaStream(context));
    }

    [DeviceFact]
    public void Memory_is_freed()
    {
        const long bytes = 64L << 20;
        long before = Context.GetFreeMemory();
        for (int i = 0; i < 16; i++)
        {
            using var buffer = new DeviceBuffer(Context, bytes);
        }
        // Other processes may take some meanwhile, but hardly half of what went through.
        Assert.True(Context.GetFreeMemory() > before - 8 * bytes);
    }

    [DeviceFact]
    public async Task Any_thread_may_use_a_context()
    {
        int[][] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            using var stream = new CudaStream(Context);
            using var buffer = new DeviceBuffer(Context, 400);
            int[] back = new int[100];
            buffer.View<int>().Fill(n, stream);
            buffer.View<int>().CopyTo(back, stream);
            return back;
        })));
        for (int n = 0; n < results.Length; n++)
        {
            Assert.All(results[n], v => Assert.Equal(n, v));
        }
    }

    /// <summary>Writes to an invalid address, waits for it, then tries to continue.</summary>
    internal static string Fault()
    {
        var report = new StringBuilder();
        using (var session = new Session())
        using (var stream = new CudaStream(session.Context!))
        using (var buffer = new DeviceBuffer(session.Context!, 1024))
        {
            Report(() =>
            {
                session.Module!.GetKernel("scale").Launch(stream, 1, 32, 0, new Arguments(), 32);
                stream.Synchronize();
            });
            Report(() => buffer.View<byte>().CopyTo(new byte[1024], stream));
        }
        return report.Append("disposed").ToString();

        void Report(Action action)
        {
            CudaException e = Assert.Throws<CudaException>(action);
            report.Append(CultureInfo.InvariantCulture, $"lost {e.IsDeviceLost}\n{e.Message.ReplaceLineEndings(" ")}\n");
        }
    }

    /// <summary>As the kernels declare it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Arguments
    {
        public nint Values;
        public float Factor;
    }

    /// <summary>A device and compiled kernels, made once where there is a device.</summary>
    public sealed class Session : IDisposable
    {
        public Session()
        {
            if (Requirements.Find(Requirement.Device) is null)
            {
                Context = new CudaContext();
                Module = new KernelLoader(new(null)).Load(Context, new("tests", Source));
            }
        }

        internal CudaContext? Context { get; }

        internal CudaModule? Module { get; }

        public void Dispose()
        {
            Module?.Dispose();
            Context?.Dispose();
        }
    }
}
