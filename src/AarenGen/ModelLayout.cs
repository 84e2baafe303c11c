using System.ComponentModel;
using System.Globalization;

namespace AarenGen;

/// <summary>
/// The sizes of a model's memory, as the generator planned them. Generated code creates it in its implementation of
/// <see cref="IModelDefinition{TSelf}.Describe"/>. Only the library reads it, so that sizes may change with any version.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ModelLayout
{
    /// <summary>Called by generated code.</summary>
    /// <param name="layers">The layers that have parameters, in order.</param>
    /// <param name="parameterFloats">Floats of all parameters with their padding.</param>
    /// <param name="weightFloats">Floats of the weights: the parameters, then what is derived from them (folded queries).</param>
    /// <param name="packedFloats">Floats of the packed matrices that inference reads.</param>
    /// <param name="packedTrainingFloats">Floats of the packed matrices that training reads, those of inference first.</param>
    /// <param name="rowsPerPass">Maximum number of rows of one inference pass: tokens of one stream, or one token of many streams.</param>
    /// <param name="scratchFloats">Floats of working memory of one inference pass.</param>
    /// <param name="trainingFloatsPerToken">Floats of working memory of a training pass, for each of its tokens.</param>
    /// <param name="stateDoubles">Doubles of a stream's state: of its samples, then of the layers, channel by channel.</param>
    /// <param name="sampleStateDoubles">Doubles among these that hold samples: of patches and instance normalisation.</param>
    public ModelLayout(
        IReadOnlyList<LayerLayout> layers, int parameterFloats, int weightFloats, int packedFloats, int packedTrainingFloats,
        int rowsPerPass,
        int scratchFloats, int trainingFloatsPerToken, int stateDoubles, int sampleStateDoubles)
    {
        ArgumentNullException.ThrowIfNull(layers);
        Parameters = [.. layers.SelectMany(static l => l.Parameters())];
        ParameterFloats = parameterFloats;
        WeightFloats = weightFloats;
        PackedFloats = packedFloats;
        PackedTrainingFloats = packedTrainingFloats;
        RowsPerPass = rowsPerPass;
        ScratchFloats = scratchFloats;
        TrainingFloatsPerToken = trainingFloatsPerToken;
        StateDoubles = stateDoubles;
        SampleStateDoubles = sampleStateDoubles;
    }

    internal IReadOnlyList<ParameterDescription> Parameters { get; }

    internal int ParameterFloats { get; }

    internal int WeightFloats { get; }

    internal int PackedFloats { get; }

    internal int PackedTrainingFloats { get; }

    internal int RowsPerPass { get; }

    internal int ScratchFloats { get; }

    internal int TrainingFloatsPerToken { get; }

    internal int StateDoubles { get; }

    internal int SampleStateDoubles { get; }
}

/// <summary>The parameters of a layer, given once for all its blocks. Generated code creates it; only the library reads it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class LayerLayout
{
    private readonly string name;
    private readonly int? firstNumber;
    private readonly int repeat, blockStride;
    private readonly string firstBlock;

    /// <summary>Called by generated code.</summary>
    /// <param name="name">The layer's name in files.</param>
    /// <param name="firstNumber">The first block's number, which follows the name; null for a single block without a number.</param>
    /// <param name="repeat">Number of blocks.</param>
    /// <param name="blockStride">Floats from a block's weights to the next one's.</param>
    /// <param name="firstBlock">
    /// The first block's parameters, one a line. Fields, with a space between them: the name without the layer's; the shape, as
    /// rows x columns or, of a vector, its length; the position of the first value in the weights; the name of an
    /// <see cref="Initialization"/>; its scale, or its first and last one with two dots between them; and the word
    /// "decays" where weight decay applies.
    /// </param>
    public LayerLayout(string name, int? firstNumber, int repeat, int blockStride, string firstBlock)
    {
        this.name = name;
        this.firstNumber = firstNumber;
        this.repeat = repeat;
        this.blockStride = blockStride;
        this.firstBlock = firstBlock;
    }

    /// <summary>The parameters of all blocks, with their names in files.</summary>
    internal IEnumerable<ParameterDescription> Parameters()
    {
        ParameterDescription[] parameters = [.. firstBlock.Split('\n').Select(ParameterDescription.Parse)];
        for (int block = 0; block < repeat; block++)
        {
            string prefix = firstNumber is { } first ? $"{name}.{(first + block).ToString(CultureInfo.InvariantCulture)}." : name + ".";
            foreach (ParameterDescription p in parameters)
            {
                yield return p with { Name = prefix + p.Name, Offset = p.Offset + block * blockStride };
            }
        }
    }
}
