using Service.Cluster;

namespace Service;

/// <summary>Where the streams of the sensors are.</summary>
internal interface IHome
{
    /// <summary>In a few words, for the title of the page.</summary>
    string Name { get; }

    /// <summary>What becomes of the silos; none where streams are in this process.</summary>
    IReadOnlyList<SiloInfo> Silos { get; }

    /// <summary>Whether all has happened that a run in the short form is to show.</summary>
    bool HasShownAll { get; }

    /// <summary>Adds the service of the streams to a host.</summary>
    void AddTo(WebApplicationBuilder builder, Forecaster model);

    /// <summary>Maps what it has to show to a host, for those who have the key.</summary>
    void Map(WebApplication app);
}
