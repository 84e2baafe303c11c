namespace AarenGen.Soak;

/// <summary>What must hold does not.</summary>
internal sealed class SoakException(string message) : Exception(message);
