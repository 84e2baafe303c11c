// With shared.cs.
global using AarenGen.AspNetCore;
global using Microsoft.AspNetCore.Builder;

internal static class Given;
