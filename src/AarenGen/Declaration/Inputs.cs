namespace AarenGen;

/// <summary>What becomes of a value that is missing, which is NaN, in a column of <see cref="ContinuousAttribute"/>.</summary>
public enum MissingValues
{
    /// <summary>NaN is an error, like every number that cannot be used.</summary>
    Refuse,

    /// <summary>
    /// The last value of the column in the same sequence takes its place; before the first one, the column's
    /// <see cref="ColumnScale.Center"/> with <c>[Standardize]</c>, else 0. The state of a stream keeps a number for each column.
    /// </summary>
    CarryForward,

    /// <summary>
    /// The column's <see cref="ColumnScale.Center"/> with <c>[Standardize]</c> takes its place, else 0; in a column of
    /// <c>[InstanceNorm]</c> the mean that is subtracted. The layers see a further column for each column, which is 1 where the value is
    /// missing and 0 where it is there. Tokens do not have these columns.
    /// </summary>
    MeanWithIndicator,
}

/// <summary>
/// Numbers: the next <see cref="Features"/> columns of a token. Several inputs stand side by side in a token, in the order of
/// their attributes; their embeddings are concatenated, or added with <see cref="SumInputsAttribute"/>.
/// </summary>
/// <param name="features">Numbers, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class ContinuousAttribute(int features) : ModelComponentAttribute
{
    /// <summary>Numbers in one token.</summary>
    public int Features { get; } = features;

    /// <summary>Width of a learned linear embedding, 1 to 65,536; by default there is no embedding.</summary>
    public int Width { get; set; }

    /// <summary>What becomes of values that are missing, which are NaN; by default NaN is an error. Infinity always is.</summary>
    public MissingValues Missing { get; set; }
}

/// <summary>A category: the next column of a token, a whole number from 0 to below the cardinality; each has a learned row.</summary>
/// <param name="cardinality">Number of categories, 1 to 1,048,576.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class CategoricalAttribute(int cardinality) : ModelComponentAttribute
{
    /// <summary>Number of categories.</summary>
    public int Cardinality { get; } = cardinality;

    /// <summary>Width of the learned rows, 1 to 65,536; half the cardinality, at most 32, by default.</summary>
    public int Width { get; set; }
}

/// <summary>
/// A time stamp: the next column of a token, a real time in any unit, encoded as sines and cosines. Count it from the start of
/// the sequence: a float holds 2^24 units exactly.
/// </summary>
/// <remarks>Column 2i is sin(t / P^(2i/width)), column 2i + 1 the cosine. Source: Zuo et al., Transformer Hawkes Process, 2020.</remarks>
/// <param name="width">Sines and cosines together, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class TimeEncodingAttribute(int width) : ModelComponentAttribute
{
    /// <summary>Sines and cosines together.</summary>
    public int Width { get; } = width;

    /// <summary>P, above 0, in the unit of the times: the slowest sine has a period of about 2π P. 10,000 by default.</summary>
    public double LongestPeriod { get; set; } = 10_000;
}

/// <summary>
/// Interleaves the inputs: each is a modality, whose tokens have an embedding of their own, and the modalities follow one another in a
/// fixed cycle. With <c>[Continuous(1)]</c>, <c>[Continuous(17)]</c> and <c>[Categorical(4)]</c> the first token of a sequence is a
/// number, the second holds 17 numbers, the third is a category, and the fourth is a number again. A token has as many columns as the
/// widest modality, then those of the <see cref="Shared"/> inputs. Columns that its modality does not have are ignored.
/// </summary>
/// <remarks>Stands after the inputs. Source: Chen et al., Decision Transformer, NeurIPS 2021, section 3.</remarks>
/// <param name="width">Width of all embeddings, 1 to 65,536.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class InterleaveAttribute(int width) : ModelComponentAttribute
{
    /// <summary>Width of all embeddings.</summary>
    public int Width { get; } = width;

    /// <summary>
    /// Number of inputs, counted from the last, that every token has instead of being modalities. They stand in the columns after the
    /// widest modality's, and their embeddings are added to the token's own, as a decision model's time step. Fewer than there are
    /// inputs; 0 by default.
    /// </summary>
    public int Shared { get; set; }
}

/// <summary>Adds the embeddings of the inputs, which must all have the same width, instead of concatenating them.</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SumInputsAttribute : ModelComponentAttribute;
