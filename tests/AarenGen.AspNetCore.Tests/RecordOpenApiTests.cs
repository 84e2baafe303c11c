using System.Text.Json;
using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Tests;

/// <summary>What a host's OpenAPI document says of the endpoints of records.</summary>
public sealed class RecordOpenApiTests
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public async Task The_document_has_the_type_of_records_and_is_as_reviewed()
    {
        await using StreamsApp app = await StreamsApp.StartAsync(
            add: static s =>
            {
                s.AddOpenApi();
                s.AddRecordStreams<LoadModel, Reading>(static _ => LoadModel.Create(seed: 1)).KeepInMemory();
            },
            map: static a =>
            {
                a.MapOpenApi();
                a.MapRecordStreams<LoadModel, Reading>("/load");
            });
        using JsonDocument document = JsonDocument.Parse(await app.Client.GetStringAsync("/openapi/v1.json"));
        // The address of the test's server is another each time.
        Golden.Matches(
            JsonSerializer.Serialize(
                document.RootElement.EnumerateObject().Where(static p => p.Name != "servers")
                    .ToDictionary(static p => p.Name, static p => p.Value),
                Indented) + "\n",
            "openapi.records.json");
    }
}
