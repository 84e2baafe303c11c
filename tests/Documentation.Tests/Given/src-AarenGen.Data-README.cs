// With shared.cs.

// The page makes its own model and data: this takes the place of the shared ones.
internal static class Given;
