namespace Service.Tests;

/// <summary>A trained model, once for all tests.</summary>
internal static class TrainedModel
{
    private static readonly Lazy<(Forecaster Model, byte[] File)> Trained = new(static () =>
    {
        Forecaster model = Training.Run(CancellationToken.None);
        var file = new MemoryStream();
        model.Save(file);
        return (model, file.ToArray());
    });

    public static Forecaster Model => Trained.Value.Model;

    /// <summary>Spares a program that starts in a folder its training.</summary>
    public static void WriteTo(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "forecaster.safetensors"), Trained.Value.File);
    }
}
