using System.Runtime.InteropServices;

namespace AarenGen.Fuzzing;

/// <summary>Files for embedding, read where they lie in memory.</summary>
internal sealed unsafe class CompiledTarget : FuzzTarget<CompiledTarget.Embedded>
{
    public override string Name => "compiled";

    public override bool RefusesInOneLine => false;

    public override IReadOnlyList<string> Words => SafetensorsText.Words;

    public override bool IsRefusal(Exception exception) => exception is ModelFileException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        string path = Path.Combine(folder, "seed.compiled");
        SmallModel model = SmallModel.Create(1);
        foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
        {
            model.UsePrecision(precision);
            model.SaveCompiled(path);
            yield return File.ReadAllBytes(path);
        }
        model.Save(path);
        yield return File.ReadAllBytes(path);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => SafetensorsText.Mutate(input, mutator);

    public override void Verify(object read, string path)
    {
        using var embedded = (Embedded)read;
        // What the file's numbers are is not checked, since it is used without being read; they must do no harm.
        embedded.Model.Step(embedded.Model.CreateState(), [1, 2], stackalloc float[SmallModel.OutputWidth]);
        if (!embedded.Model.Weights.ContainsAny(float.NaN, float.PositiveInfinity, float.NegativeInfinity))
        {
            base.Verify(read, path);
        }
    }

    protected override Embedded ReadFile(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes.Length + 1, 64);
        try
        {
            bytes.CopyTo(new Span<byte>(memory, bytes.Length));
            using var stream = new UnmanagedMemoryStream(memory, bytes.Length);
            return new(SequenceModel<SmallModel>.LoadEmbedded(stream, path), memory);
        }
        catch
        {
            NativeMemory.AlignedFree(memory);
            throw;
        }
    }

    protected override void Write(Embedded value, string path) => value.Model.SaveCompiled(path);

    protected override bool AreEqual(Embedded first, Embedded second)
    {
        using (second)
        {
            return MemoryMarshal.AsBytes(first.Model.Weights).SequenceEqual(MemoryMarshal.AsBytes(second.Model.Weights));
        }
    }

    /// <summary>A model and the memory that it may lie in.</summary>
    internal sealed class Embedded(SmallModel model, byte* memory) : IDisposable
    {
        private byte* memory = memory;

        public SmallModel Model { get; } = model;

        public void Dispose()
        {
            NativeMemory.AlignedFree(memory);
            memory = null;
        }
    }
}
