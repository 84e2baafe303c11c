// With shared.cs.
