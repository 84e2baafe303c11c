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
/// <param name="DataSteps">Steps of the data.</param>
/// <param name="Training">How it was trained.</param>
internal sealed record TrainedPolicy(
    string Environment, string Dataset, Learner Learner, int Seed, TrajectoryScale Scale, double TargetReturn, double DataReturn, int DataSteps, Training Training)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() },
    };

    /// <summary>Whether these are the data that it was trained on, as far as their steps and returns tell.</summary>
    public bool IsOf(TrajectorySet data) => DataSteps == data.Steps && DataReturn == data.MeanReturn;

    /// <summary>Keeps a policy: the weights first, so that where there is a description there are weights.</summary>
    public void Save<TModel>(string path, TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        model.Save(path + ".safetensors");
        WholeFile.WriteText(path + ".json", JsonSerializer.Serialize(this, Json));
    }

    /// <summary>The description of a trained policy; null where there is none.</summary>
    /// <exception cref="IOException">It is damaged.</exception>
    public static TrainedPolicy? Find(string path)
    {
        if (!File.Exists(path + ".json"))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize<TrainedPolicy>(File.ReadAllText(path + ".json"), Json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException exception)
        {
            throw new IOException($"{path}.json: this is no description of a trained policy ({exception.Message}). Delete it and train again.", exception);
        }
    }
}
