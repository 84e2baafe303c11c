using System.Buffers;
using System.Text.Json;

namespace AarenGen.AspNetCore.Http;

/// <summary>The tokens of a request, and its answer.</summary>
internal sealed class HttpBuffers(int inputWidth, int outputWidth) : IBuffers
{
    /// <summary>Bytes of a token's result without its output, and of a number with its comma: the most of a token that was read.</summary>
    private const int ResultBytes = 96, NumberBytes = 16;

    public StepBuffers Steps { get; } = new(inputWidth, outputWidth);

    /// <summary>What answers are written to, before any of it is sent.</summary>
    public ArrayBufferWriter<byte> Bytes { get; } = new(1024);

    public Utf8JsonWriter Json { get; } = new(Stream.Null, new() { SkipValidation = true });

    public long Capacity => Steps.Capacity + Bytes.Capacity;

    /// <summary>Bytes that the tokens take until their answer is sent.</summary>
    public long NeededBytes => StepBuffers.BytesOf(Steps.Count, inputWidth, outputWidth)
        + Steps.Count * (ResultBytes + (long)NumberBytes * outputWidth);

    public void Clear()
    {
        Steps.Clear();
        Bytes.ResetWrittenCount();
    }
}
