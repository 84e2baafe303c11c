namespace AarenGen;

/// <summary>
/// Begins a head: the layers that follow, up to their loss, take the output of the layers before the first head. The losses of all heads
/// are added, each times its weight. Predictions are read by the head's name. Where targets are missing, heads share the mean: see
/// <see cref="SequenceModel{TSelf}.Evaluate"/>.
/// </summary>
/// <remarks>
/// A head with a <see cref="PoolAttribute"/>, or behind one, is trained only at the last token of each sequence. If other
/// heads are trained at every token, a sequence has the weight of all its tokens together.
/// A row of targets has those of each head one after another, in the order of the heads, as a row of outputs has theirs:
/// <see cref="HeadDescription.TargetOffset"/> and <see cref="HeadDescription.OutputOffset"/> say where each begins.
/// </remarks>
/// <param name="name">A C# identifier, unique among the heads.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class HeadAttribute(string name) : ModelComponentAttribute
{
    /// <summary>The head's name.</summary>
    public string Name { get; } = name;

    /// <summary>Factor on the head's loss, above 0. 1 by default.</summary>
    public double Weight { get; set; } = 1;
}

/// <summary>Trains the outputs towards the targets by the mean of (output − target)².</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class MeanSquaredErrorAttribute : ModelComponentAttribute;

/// <summary>Trains the outputs towards the targets by the mean of |output − target| (gradient 0 where they are equal).</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class MeanAbsoluteErrorAttribute : ModelComponentAttribute;

/// <summary>
/// Trains the outputs towards the targets by half the square of small differences and, beyond δ, their size: d²/2 where |d| ≤ δ,
/// else δ(|d| − δ/2). Source: Huber 1964.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class HuberAttribute : ModelComponentAttribute
{
    /// <summary>δ, above 0. 1 by default.</summary>
    public double Delta { get; set; } = 1;
}

/// <summary>
/// Predicts quantiles by the pinball loss, the mean over levels of max(l d, (l − 1) d), d = target − output. The outputs are the
/// first level of all values, then the second level, and so on: with L levels the last layer needs L units per value.
/// Source: Koenker and Bassett 1978.
/// </summary>
/// <param name="levels">Levels above 0 and below 1, ascending.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class QuantilesAttribute(params double[] levels) : ModelComponentAttribute
{
    /// <summary>The levels.</summary>
    public IReadOnlyList<double> Levels { get; } = levels;
}

/// <summary>
/// Predicts a normal distribution for each value by its likelihood. The outputs are the means, then the standard
/// deviations (made positive: 1e-4 + softplus): the last layer needs two units per value.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class GaussianAttribute : ModelComponentAttribute;

/// <summary>
/// Predicts a Student-t distribution for each value by its likelihood: heavier tails than the normal one. The outputs are the
/// locations, the scales (1e-4 + softplus) and the degrees of freedom (2 + softplus): the last layer needs three units per value.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class StudentTAttribute : ModelComponentAttribute;

/// <summary>
/// Predicts a class, a whole number from 0, by cross-entropy. The outputs are the logits, one per class.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class CrossEntropyAttribute : ModelComponentAttribute
{
    /// <summary>
    /// Fraction of the target that is spread evenly over all classes, 0 (the default) to below 1. Source: Szegedy et al. 2016.
    /// </summary>
    public double Smoothing { get; set; }

    /// <summary>
    /// A factor per class on its loss, 0 or more; all 1 by default. The mean is over tokens whose class is known, not over these factors.
    /// </summary>
    public double[]? ClassWeights { get; set; }
}

/// <summary>
/// Predicts a positive number, such as the time to the next event, by the likelihood of a mixture of log-normal distributions.
/// The target is the number itself, not its logarithm, and the density is that of the number.
/// The outputs are the components' log-weights, means and raw standard deviations (softplus): three units per component.
/// Source: Shchur, Biloš and Günnemann, Intensity-Free Learning of Temporal Point Processes, ICLR 2020.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class LogNormalMixtureAttribute : ModelComponentAttribute;
