namespace AarenGen;

/// <summary>
/// Marks a partial class as a sequence model. The attributes that follow on the same declaration, read from top to bottom,
/// say what a token is, which layers it passes through and which loss trains it. The generator writes the rest.
/// </summary>
/// <remarks>
/// The class must be a <c>partial</c>, non-static, non-abstract, non-generic class without a base class or constructors of its
/// own. Every mistake is reported by the compiler as an <c>AAREN</c> diagnostic at the offending argument.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class SequenceModelAttribute : Attribute;
