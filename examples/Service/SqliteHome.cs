using AarenGen.Serving.Sqlite;
using Service.Cluster;

namespace Service;

/// <summary>The streams are in this process, and in a folder.</summary>
internal sealed class SqliteHome(Settings settings) : IHome
{
    public string Name => "one process";

    public IReadOnlyList<SiloInfo> Silos => [];

    public bool HasShownAll => true;

    public void AddTo(WebApplicationBuilder builder, Forecaster model) =>
        builder.Services.AddStreams(_ => model).UseSqlite(settings.StreamFolder).AddHealthCheck();

    public void Map(WebApplication app)
    {
    }
}
