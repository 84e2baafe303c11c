using AarenGen.Generator.Emission.Cuda;

namespace AarenGen.Generator.Model;

/// <summary>How an operation runs on a device: the kernels it adds to those of its layer. Values are rows in the device's memory.</summary>
internal abstract class DevicePart
{
    /// <summary>Whether all it does with a value is to load it as rows that it can normalise on their way.</summary>
    public virtual bool TakesNormalized(Value value) => false;

    /// <summary>Adds what has to happen once after the weights changed.</summary>
    public virtual void Prepare(DeviceLayer layer)
    {
    }

    /// <summary>Adds the way forward, keeping what the way back needs.</summary>
    public abstract void Forward(DeviceLayer layer);

    /// <summary>Adds the way back. Accumulates: for each input whether a later operation left a gradient there.</summary>
    public abstract void Backward(DeviceLayer layer, EquatableArray<bool> accumulates);

    /// <summary>Adds how gradients of derived weights reach the parameters, once a step.</summary>
    public virtual void Finish(DeviceLayer layer)
    {
    }
}

/// <summary>A kernel to be: what it is called, how it is launched, which device code it calls, and its body.</summary>
internal abstract class DeviceStage(string name, LaunchShape shape, int threads, params string[] libraries)
{
    /// <summary>Lower case with underscores: what the kernel's name ends with.</summary>
    public string Name { get; protected set; } = name;

    public LaunchShape Shape { get; protected set; } = shape;

    public int Threads => threads;

    /// <summary>Names of the files of device code that it calls, without their ending.</summary>
    public IReadOnlyList<string> Libraries { get; protected set; } = libraries;

    /// <summary>Whether each of its thread blocks leaves a part of the gradient's squared norm.</summary>
    public virtual bool CountsSquares => false;

    /// <summary>
    /// Words of 64 bits that each of its thread blocks hands on to the block of the next tile of rows; 0 where tiles do not depend on each other.
    /// </summary>
    public int CarriedWords { get; init; }

    /// <summary>Takes places for parts of gradients, once no more stages are joined.</summary>
    public virtual void Place()
    {
    }

    /// <summary>One kernel that does this and then the next, or null where they stay two.</summary>
    public virtual DeviceStage? Join(DeviceStage next) => null;

    /// <summary>Prints the body.</summary>
    public abstract void Print(KernelWriter w);
}

/// <summary>A stage that joins no other.</summary>
internal sealed class SimpleStage(string name, LaunchShape shape, int threads, string[] libraries, Action<KernelWriter> print, bool countsSquares = false)
    : DeviceStage(name, shape, threads, libraries)
{
    public override bool CountsSquares => countsSquares;

    public override void Print(KernelWriter w) => print(w);
}
