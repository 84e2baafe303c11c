using System.Text;
using System.Text.Json;

namespace AarenGen.Tool.Files;

/// <summary>What a file of the library is, as far as it tells without the class of its model.</summary>
/// <param name="Path">The file.</param>
/// <param name="Kind">Weights, compiled model, checkpoint, or states.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Declaration">The fingerprint of the model's declaration; null: it has none.</param>
/// <param name="Metadata">The metadata.</param>
/// <param name="Tensors">The tensors; empty for states.</param>
/// <param name="Rows">Rows of a stream that the state has taken; null: the file is none of a project's program.</param>
internal sealed record FileReport(
    string Path, string Kind, long Bytes, string? Declaration, IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<SavedTensor> Tensors, long? Rows = null)
{
    private const int StartBytes = 8 + 64;

    private static readonly (string Magic, string Kind)[] States =
        [("AARENST", "state of a stream"), ("AARENSR", "state of a series"), ("AARENSS", "states of several series")];

    /// <summary>Numbers of all tensors that are weights.</summary>
    public long Parameters => Tensors.Where(static t => t.Type is "F32" or "F16" or "BF16")
        .Sum(static t => t.Shape.Aggregate(1L, static (product, n) => product * n));

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserException">It is none of the library, or damaged.</exception>
    public static FileReport Read(string path)
    {
        byte[] start = new byte[StartBytes];
        long length, offset = 0;
        long? rows = null;
        using (FileStream file = InputFiles.Open(path))
        {
            length = file.Length;
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (read > 0 && start[0] == '{')
            {
                // The state of a project's program: a line about its rows, then states.
                rows = ReadHead(file, path);
                offset = file.Position;
                Array.Clear(start);
                read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            }
            if (Array.Find(States, s => start.AsSpan().StartsWith(Encoding.ASCII.GetBytes(s.Magic))) is { Kind: { } kind })
            {
                string fingerprint = Encoding.ASCII.GetString(start.AsSpan(8, Math.Max(0, read - 8)));
                return new(
                    path, kind, length, fingerprint.All(char.IsAsciiHexDigitLower) ? fingerprint : null,
                    new Dictionary<string, string>(), [], rows);
            }
            if (offset > 0 || !SafetensorsFile.IsStart(start.AsSpan(0, read)))
            {
                throw Unknown(path);
            }
        }
        var saved = SafetensorsFile.Read(path);
        return new(path, saved.Kind, length, saved.Metadata.GetValueOrDefault(SafetensorsFile.Fingerprint), saved.Metadata, saved.Tensors);
    }

    private static long ReadHead(FileStream file, string path)
    {
        file.Position = 0;
        var line = new List<byte>();
        for (int next = file.ReadByte(); next is not ('\n' or -1); next = file.ReadByte())
        {
            line.Add((byte)next);
        }
        try
        {
            using JsonDocument json = JsonDocument.Parse(line.ToArray());
            return json.RootElement.GetProperty(nameof(Rows)).GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Unknown(path, e);
        }
    }

    private static UserException Unknown(string path, Exception? cause = null) =>
        new($"{path}: this is no file of weights, compiled model, checkpoint or state, or it is damaged.", cause: cause);
}
