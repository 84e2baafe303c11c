namespace AarenGen.Orleans;

/// <summary>The weights of a model as bytes.</summary>
internal static class SavedModel
{
    public static byte[] Write<TModel>(TModel model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        using var bytes = new MemoryStream();
        model.Save(bytes);
        return bytes.ToArray();
    }
}
