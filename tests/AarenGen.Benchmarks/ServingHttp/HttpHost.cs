using System.Text.Json.Serialization;
using AarenGen.AspNetCore;
using AarenGen.Onnx.Format;
using AarenGen.Onnx.Translation;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AarenGen.Benchmarks;

/// <summary>A host of streams in a process of its own, as a user would write it.</summary>
internal static partial class HttpHost
{
    public const string Path = "/small", Memory = "memory", Sqlite = "sqlite", Onnx = "onnx";

    private const int Seed = 1;

    /// <summary>Runs until its standard input ends; says the addresses of HTTP/1.1 and of HTTP/2.</summary>
    public static async Task RunAsync(string kind, string folder)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.ListenLocalhost(FreePort(), static o => o.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(FreePort(), static o => o.Protocols = HttpProtocols.Http2);
        });
        using OnnxBatches? onnx = kind == Onnx ? CreateOnnx() : null;
        if (onnx is null)
        {
            StreamsBuilder<SmallModel> streams = builder.Services.AddStreams(static _ => SequenceModel<SmallModel>.Create(Seed));
            _ = kind == Sqlite ? streams.UseSqlite(folder) : streams.KeepInMemory();
            builder.Services.AddStreamsGrpc();
        }
        else
        {
            builder.Services.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, PeerJson.Default));
        }
        await using WebApplication app = builder.Build();
        if (onnx is null)
        {
            app.MapStreams<SmallModel>(Path);
            app.MapStreamsGrpc<SmallModel>();
        }
        else
        {
            app.MapPost(Path, async context =>
            {
                PeerRequest request = (await context.Request.ReadFromJsonAsync(PeerJson.Default.PeerRequest))!;
                await context.Response.WriteAsJsonAsync(Step(onnx, request), PeerJson.Default.PeerResponse);
            });
        }
        await app.StartAsync();
        Console.WriteLine(string.Join(' ', app.Urls));
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
    }

    /// <summary>As frameworks export it, the query folded: the fastest of its forms, see the command streaming.</summary>
    private static OnnxBatches CreateOnnx() => new(
        OnnxStep.Write(SequenceModel<SmallModel>.Create(Seed), new TranslationOptions { Sums = ElementType.Float }),
        SensorFleet.InputWidth, SensorFleet.OutputWidth);

    private static PeerResponse Step(OnnxBatches onnx, PeerRequest request)
    {
        int input = SensorFleet.InputWidth, width = SensorFleet.OutputWidth;
        float[] tokens = new float[request.Tokens.Length * input], outputs = new float[request.Tokens.Length * width];
        for (int i = 0; i < request.Tokens.Length; i++)
        {
            request.Tokens[i].Token.CopyTo(tokens, i * input);
        }
        onnx.Step([.. request.Tokens.Select(static t => t.Id)], tokens, outputs);
        return new([.. request.Tokens.Select((_, i) => new PeerResult("accepted", outputs[(i * width)..((i + 1) * width)]))]);
    }

    /// <summary>Kestrel chooses free ports itself on one address alone.</summary>
    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal sealed record PeerRequest(PeerToken[] Tokens);

    internal sealed record PeerToken(string Id, float[] Token);

    internal sealed record PeerResponse(PeerResult[] Results);

    internal sealed record PeerResult(string Status, float[] Output);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(PeerRequest)), JsonSerializable(typeof(PeerResponse))]
    internal sealed partial class PeerJson : JsonSerializerContext;
}
