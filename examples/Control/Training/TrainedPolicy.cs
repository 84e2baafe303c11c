using System.Security.Cryptography;
using System.Text.Json;
using AarenGen;

namespace Control;

/// <summary>What a trained model needs beside its weights to act, and how it was trained. Lies beside the weights, as JSON.</summary>
/// <param name="Environment">The environment's name.</param>
/// <param name="Dataset">The data set's name: medium, medium-replay, medium-expert or a file's.</param>
/// <param name="Learner">Which model it is.</param>
/// <param name="Seed">The seed of weights and order.</param>
/// <param name="Scale">Brings numbers near to one, as in training.</param>
/// <param name="TargetReturn">The return to ask for: the best that the data show.</param>
/// <param name="DataReturn">Mean return of the data's episodes.</param>
/// <param name="DataDigest">Digest of the data.</param>
/// <param name="Model">Fingerprint of the model's declaration.</param>
/// <param name="WeightsDigest">SHA-256 of the file of weights, so that others under its name are not taken for them.</param>
/// <param name="Program">The program that trained it.</param>
/// <param name="Training">How it was trained.</param>
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

    /// <summary>Keeps a policy: the weights first, so that where there is a description there are weights.</summary>
    /// <returns>The policy as it is kept.</returns>
    public TrainedPolicy Save<TModel>(string path, TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        model.Save(WeightsOf(path));
        TrainedPolicy kept = this with { WeightsDigest = DigestOf(WeightsOf(path)) };
        WholeFile.WriteText(path + ".json", JsonSerializer.Serialize(kept, Json));
        return kept;
    }

    /// <summary>
    /// The trained policy that is kept; null where there is none, it is damaged, of other data, or its weights are not those that it
    /// describes.
    /// </summary>
    /// <param name="path">Where it is kept, without ending.</param>
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
