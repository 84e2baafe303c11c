// With shared.cs.

internal static class Given;
