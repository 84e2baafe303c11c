using AarenGen.Generator.Inputs;
using AarenGen.Generator.Layers;
using AarenGen.Generator.Losses;
using AarenGen.Generator.Planning;
using AarenGen.Generator.Preprocessing;
using AarenGen.Generator.Tasks;

namespace AarenGen.Generator;

/// <summary>Every component of the declaration language, one line each.</summary>
internal static class Registry
{
    private static readonly Dictionary<string, ComponentDefinition> Components = new ComponentDefinition[]
    {
        new ForecastDefinition(),
        new ClassifyDefinition(),
        new NextEventDefinition(),
        new DecideDefinition(),
        new CalendarDefinition(),
        new ContinuousDefinition(),
        new CategoricalDefinition(),
        new TimeEncodingDefinition(),
        new SumInputsDefinition(),
        new InterleaveDefinition(),
        new StandardizeDefinition(),
        new ChannelIndependentDefinition(),
        new InstanceNormDefinition(),
        new PatchDefinition(),
        new DenseDefinition(),
        new AarenDefinition(),
        new TransformerDefinition(),
        new MinGruDefinition(),
        new MinLstmDefinition(),
        new CausalConvolutionDefinition(),
        new LayerNormDefinition(),
        new PositionsDefinition(),
        new DropoutDefinition(),
        new PoolDefinition(),
        new NamedHeadDefinition(),
        new MeanSquaredErrorDefinition(),
        new MeanAbsoluteErrorDefinition(),
        new HuberDefinition(),
        new QuantilesDefinition(),
        new GaussianDefinition(),
        new StudentTDefinition(),
        new CrossEntropyDefinition(),
        new LogNormalMixtureDefinition(),
    }.ToDictionary(static p => p.Name, StringComparer.Ordinal);

    public static ComponentDefinition? Find(string name) =>
        Components.TryGetValue(name, out ComponentDefinition? component) ? component : null;

    /// <summary>The metadata name of the class that models with a task derive from; null where the component is no task.</summary>
    public static string? BaseModelOf(string component) => (Find(component) as TaskDefinition)?.BaseModel;
}
