using System.Text.Json;
using System.Text.Json.Serialization;
using AarenGen.Serving;

namespace AarenGen.AspNetCore;

/// <summary>Names of <see cref="StepStatus"/> in JSON: <c>accepted</c>, <c>repeated</c>, <c>gap</c>.</summary>
internal sealed class StepStatusConverter() : JsonStringEnumConverter<StepStatus>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
