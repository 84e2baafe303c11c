namespace AarenGen;

/// <summary>Trains the outputs towards the targets by the mean of (output − target)².</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MeanSquaredErrorAttribute : ModelPartAttribute;

/// <summary>Trains the outputs towards the targets by the mean of |output − target| (gradient 0 where they are equal).</summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class MeanAbsoluteErrorAttribute : ModelPartAttribute;
