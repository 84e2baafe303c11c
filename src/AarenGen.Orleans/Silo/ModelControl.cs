using Orleans.Providers;

namespace AarenGen.Orleans;

/// <summary>What grains ask of all silos for a model.</summary>
internal sealed class ModelControl(IModelHost host) : IControllable
{
    public const int Refresh = 0, Tell = 1;

    public static string NameOf(string model) => $"aarengen.{model}";

    /// <summary>Learns which weights are the current ones, or says how the streams in the silo are.</summary>
    public async Task<object?> ExecuteCommand(int command, object? arg)
    {
        if (command == Refresh)
        {
            await host.RefreshAsync();
            return null;
        }
        return host.Info;
    }
}
