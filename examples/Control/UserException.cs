namespace Control;

/// <summary>A mistake of the user's, told in one line: what is wrong, where, and how to mend it.</summary>
internal sealed class UserException(string message) : Exception(message);
