using System.Buffers.Binary;

namespace AarenGen.Serialization;

/// <summary>Identifies the format of an unexpected file by its first bytes.</summary>
internal static class FileFormat
{
    /// <summary>How many of a file's first bytes decide.</summary>
    public const int StartBytes = 64;

    /// <summary>Two lines of Python that convert what torch.save wrote.</summary>
    private const string FromTorch = "convert it in Python (of a dictionary that holds more, its state_dict):\n"
        + "  import torch; from safetensors.torch import save_file\n"
        + "  save_file(torch.load(\"model.pt\", map_location=\"cpu\", weights_only=True), \"model.safetensors\")";

    /// <summary>Two lines of Python for formats that rename, transpose or round weights.</summary>
    private const string FromModule = "its weights have other names, layouts or types than PyTorch's, so write those of the PyTorch model "
        + "that it came from:\n"
        + "  from safetensors.torch import save_file\n"
        + "  save_file(model.state_dict(), \"model.safetensors\")";

    private const string Pickle = $"a Python pickle, such as torch.save writes (.pt, .pth): {FromTorch}";

    private static readonly (byte[] Start, string Meaning)[] Known =
    [
        ([.. StateSnapshot.Magic], "the saved state of a stream: read it with StreamState.Load."),
        ([.. SeriesSnapshot.Magic], "the saved state of a series: read it with SeriesState.Load."),
        ([.. SeriesSnapshot.MagicOfMany], "the saved states of several series: read them with SeriesStateCollection.Load."),
        ("PK\x03\x04"u8.ToArray(), $"a zip archive, such as torch.save writes (.pt, .pth): unpack it; or {FromTorch}"),
        ([0x80, 2], Pickle), ([0x80, 3], Pickle), ([0x80, 4], Pickle), ([0x80, 5], Pickle),
        ([0x89, .. "HDF\r\n\x1a\n"u8], "an HDF5 file (.h5, .hdf5): write the weights as safetensors."),
        ([0x93, .. "NUMPY"u8], "a NumPy array (.npy): write the weights as safetensors."),
        ("GGUF"u8.ToArray(), $"a GGUF file: {FromModule}"),
        ([0x1F, 0x8B], "compressed by gzip: decompress it first."),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed by Zstandard: decompress it first."),
        ([0xFD, .. "7zXZ"u8], "compressed by xz: decompress it first."),
        ("BZh"u8.ToArray(), "compressed by bzip2: decompress it first."),
        ([.. "7z"u8, 0xBC, 0xAF], "a 7z archive: unpack it first."),
        ("version https://git-lfs"u8.ToArray(), "a pointer of Git LFS to the file: fetch the file with 'git lfs pull'."),
    ];

    /// <summary>What follows "not the file wanted, but": what it is, and what to do.</summary>
    /// <param name="start">The file's first bytes, <see cref="StartBytes"/> of them or all.</param>
    /// <param name="isState">Whether the saved state of a stream was wanted, rather than weights.</param>
    /// <param name="wanted">Which files of states were wanted.</param>
    public static string Describe(ReadOnlySpan<byte> start, bool isState, string wanted = "StreamState.Save")
    {
        // First, since the length of its header may start as another format does.
        if (isState && start.Length > 8 && start[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) < 1UL << 32)
        {
            return "a safetensors file, of SequenceModel.Save or a checkpoint of Fit: read weights with SequenceModel.Load.";
        }
        foreach ((byte[] first, string meaning) in Known)
        {
            if (start.StartsWith(first))
            {
                return meaning;
            }
        }
        if (start.IsEmpty)
        {
            return "an empty file: write it again.";
        }
        if (IsOnnx(start))
        {
            return $"an ONNX model: {FromModule}";
        }
        if (!start.ContainsAnyInRange((byte)0, (byte)8))
        {
            return "a text: check the path, and whether it is the error page of a download.";
        }
        return "of an unknown format, or damaged: name a file of "
            + (isState ? wanted : "SequenceModel.Save, or another safetensors file") + ".";
    }

    /// <summary>Whether it starts as a protobuf message whose field 1 is a small version and whose next is a string or a message.</summary>
    private static bool IsOnnx(ReadOnlySpan<byte> start) =>
        start.Length > 4 && start[0] == 0x08 && start[1] is > 0 and < 64 && start[2] is (0x12 or 0x1A or 0x22 or 0x32 or 0x3A or 0x42);
}
