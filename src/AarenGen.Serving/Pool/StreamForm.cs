using System.Globalization;

namespace AarenGen.Serving;

/// <summary>
/// What the streams of a pool read: tokens of the model, or records, which a model with a task makes tokens of. To a pool both are floats,
/// as many for each. With records, a float is half a word of an encoded record, and an output is what a series has beside the numbers of
/// its stream.
/// </summary>
internal sealed class StreamForm<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private StreamForm(RecordSteps<TModel>? records, int tokenWidth, int outputWidth, string fingerprint)
    {
        (Records, TokenWidth, OutputWidth, Fingerprint) = (records, tokenWidth, outputWidth, fingerprint);
        Declaration = ulong.Parse(fingerprint.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Streams of the model's tokens.</summary>
    public static StreamForm<TModel> Tokens { get; } = new(
        null, SequenceModel<TModel>.Description.InputWidth, SequenceModel<TModel>.Description.OutputWidth,
        SequenceModel<TModel>.Description.Fingerprint);

    /// <summary>How series read records; null: streams read tokens.</summary>
    public RecordSteps<TModel>? Records { get; }

    /// <summary>Floats of what a stream reads at a time.</summary>
    public int TokenWidth { get; }

    /// <summary>Floats of an output.</summary>
    public int OutputWidth { get; }

    /// <summary>Identifies what streams read and what they keep: 64 digits.</summary>
    public string Fingerprint { get; }

    /// <summary>What it is called in saved streams and in logs.</summary>
    public ulong Declaration { get; }

    /// <summary>Of how many of its last tokens a stream must know: what is half read when it begins anew.</summary>
    public int MinHistory => Records is null ? SequenceModel<TModel>.Description.ModalityCount - 1 : 0;

    /// <summary>Streams of records.</summary>
    public static StreamForm<TModel> Of(RecordSteps<TModel> records) => new(
        records, records.Words * (sizeof(long) / sizeof(float)), (records.SavedBytes + sizeof(float) - 1) / sizeof(float),
        records.Fingerprint);
}
