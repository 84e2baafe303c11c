using System.Text.Json;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Tests;

/// <summary>What a host's OpenAPI document says of the endpoints.</summary>
public sealed class OpenApiTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public async Task The_document_is_as_reviewed()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            add: static s =>
            {
                s.AddOpenApi();
                s.AddStreams(static _ => PatchModel.Create(seed: 2)).KeepInMemory();
            },
            map: static a =>
            {
                a.MapOpenApi();
                a.MapStreams<SmallModel>("/small");
                a.MapStreams<PatchModel>("/patches", new() { Name = "patches" });
                a.MapStreamsGrpc<SmallModel>();
            });
        using JsonDocument document = JsonDocument.Parse(await app.Client.GetStringAsync("/openapi/v1.json"));
        string[] paths = [.. document.RootElement.GetProperty("paths").EnumerateObject().Select(static p => p.Name)];
        Assert.Equal(
            ((string[])["", "/{id}", "/{id}/reset", "/{id}/events"])
                .SelectMany(static p => (string[])["/small" + p, "/patches" + p]).Order(),
            paths.Order());
        // The address of the test's server is another each time.
        Golden.Matches(
            JsonSerializer.Serialize(
                document.RootElement.EnumerateObject().Where(static p => p.Name != "servers")
                    .ToDictionary(static p => p.Name, static p => p.Value),
                Indented) + "\n",
            "openapi.json");
    }
}
