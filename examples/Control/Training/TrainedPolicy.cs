using System.Security.Cryptography;
using System.Text.Json;
using AarenGen;

namespace Control;

/// <summary>Everything except the weights that a trained model needs to act, and its training. A JSON file beside the weights.</summary>
/// <param name="Environment">The environment's name.</param>
/// <param name="Dataset">The data set's name: medium, medium-replay, medium-expert or the name of a file.</param>
/// <param name="Learner">The learner.</param>
/// <param name="Seed">The seed of weights and order.</param>
/// <param name="Scale">Scales numbers to about one, as in training.</param>
/// <param name="TargetReturn">The target return: the best return in the data.</param>
/// <param name="DataReturn">Mean return of the data's episodes.</param>
/// <param name="DataDigest">Digest of the data.</param>
/// <param name="Model">Fingerprint of the model's declaration.</param>
/// <param name="WeightsDigest">SHA-256 of the file of weights, so that other weights under its name are detected.</param>
/// <param name="Program">The program that trained it.</param>
/// <param name="Training">Its training.</param>
internal sealed record TrainedPolicy(
    string Environment, string Dataset, Learner Learner, int Seed, TrajectoryScale Scale, double TargetReturn, double DataReturn,
    string DataDigest,
    string Model, string WeightsDigest, string Program, Training Training)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    /// <summary>Saves a policy: the weights first, so that a description always has weights.</summary>
    /// <returns>The saved policy.</returns>
    public TrainedPolicy Save<TModel>(string path, TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        model.Save(WeightsOf(path));
        TrainedPolicy kept = this with { WeightsDigest = DigestOf(WeightsOf(path)) };
        WholeFile.WriteText(path + ".json", JsonSerializer.Serialize(kept, Json));
        return kept;
    }

    /// <summary>
    /// Reads a saved policy; null if there is none, it is damaged, it was trained on other data, or its weights are not those that it
    /// describes.
    /// </summary>
    /// <param name="path">Its path, without ending.</param>
    /// <param name="data">The data that it must have been trained on.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TrainedPolicy? Find(string path, TrajectorySet data)
    {
        if (!File.Exists(path + ".json") || !File.Exists(WeightsOf(path)))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize<TrainedPolicy>(File.ReadAllText(path + ".json"), Json) is { } policy
                && policy.DataDigest == data.Digest && policy.WeightsDigest == DigestOf(WeightsOf(path)) ? policy : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The file of weights beside a description.</summary>
    public static string WeightsOf(string path) => path + ".safetensors";

    private static string DigestOf(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
