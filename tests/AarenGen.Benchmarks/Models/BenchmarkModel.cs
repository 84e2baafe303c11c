namespace AarenGen.Benchmarks;

/// <summary>One of the models, by whose type generic code is called.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Heads">Heads of its blocks.</param>
/// <param name="Batch">Sequences in a training batch.</param>
/// <param name="Length">Tokens in each.</param>
internal abstract record BenchmarkModel(string Name, int Heads, int Batch, int Length)
{
    public static readonly IReadOnlyList<BenchmarkModel> All =
    [
        new BenchmarkModel<SmallModel>("small", 4, 32, 96), new BenchmarkModel<MediumModel>("medium", 8, 32, 96),
        new BenchmarkModel<LargeModel>("large", 8, 16, 192),
    ];

    /// <summary>Lets an action of the model's type work on it.</summary>
    public abstract TResult Accept<TResult>(IModelVisitor<TResult> visitor);
}

internal sealed record BenchmarkModel<TModel>(string Name, int Heads, int Batch, int Length) : BenchmarkModel(Name, Heads, Batch, Length)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    public override TResult Accept<TResult>(IModelVisitor<TResult> visitor) => visitor.Visit(this);
}

/// <summary>What a benchmark does with each model.</summary>
internal interface IModelVisitor<TResult>
{
    TResult Visit<TModel>(BenchmarkModel<TModel> model) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
}
