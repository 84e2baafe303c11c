namespace AarenGen.Tests.Models;

/// <summary>A suite that checks every test model, except those whose case says why not.</summary>
internal enum Suite
{
    /// <summary>
    /// Streams agree with training, a step allocates nothing, and gradients are the loss's derivatives: ModelConsistencyTests.
    /// </summary>
    Consistency,

    /// <summary>Outputs, losses and gradients on a device agree with the CPU's: DeviceModelTests.</summary>
    Device,
}

/// <summary>Whether the golden table of kernels lists a model's, and for which arithmetic of matrix multiplications.</summary>
internal enum KernelListing
{
    /// <summary>Only where AARENGEN_ALL_KERNELS asks for all.</summary>
    OnRequest,

    /// <summary>Float32, for the oldest and the newest architecture.</summary>
    InFloat32,

    /// <summary>Float32, TF32 and bfloat16, for the newest architecture and in float32 for the oldest.</summary>
    InEveryPrecision,

    /// <summary>In every precision for every architecture.</summary>
    Everywhere,

    /// <summary>Float32, as trainings that carry states compile them, for the oldest and the newest architecture.</summary>
    Carrying,
}

/// <summary>A test model: all that suites have to know of it. <c>ModelCases</c> lists them.</summary>
internal abstract class ModelCase
{
    /// <summary>The model's class.</summary>
    public abstract Type Model { get; }

    /// <summary>The name of the class, by which theories name the case.</summary>
    public string Name => Model.Name;

    /// <summary>Golden files that hold what the model should compute: cases of Golden/cases.json.</summary>
    public string[] Golden { get; init; } = [];

    /// <summary>Batches that matter for this model on a device, beside the usual ones: the lengths of the sequences of each.</summary>
    public int[][] Batches { get; init; } = [];

    /// <summary>Whether the golden table of kernels lists the model.</summary>
    public KernelListing Kernels { get; init; }

    /// <summary>Training drops values, so its outputs are not a stream's.</summary>
    public bool HasDropout { get; init; }

    /// <summary>Suites that do not apply, and why.</summary>
    public Dictionary<Suite, string> Without { get; } = [];

    /// <summary>Runs an action that is generic in the model.</summary>
    public abstract void Run(IModelAction action);
}

/// <inheritdoc/>
internal sealed class ModelCase<TModel> : ModelCase where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <inheritdoc/>
    public override Type Model => typeof(TModel);

    /// <inheritdoc/>
    public override void Run(IModelAction action) => action.Run<TModel>();
}

/// <summary>What is done with a model, generic in its type.</summary>
internal interface IModelAction
{
    void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
}
