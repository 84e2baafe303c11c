using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using AarenGen;

namespace Experiments;

/// <summary>Training and scoring of a model that was compiled at run time.</summary>
internal static class ModelRun
{
    /// <summary>Trains a declared model and scores it.</summary>
    /// <param name="declaration">The model's attributes.</param>
    /// <param name="train">The sequences to learn from.</param>
    /// <param name="validation">The sequences that choose the epoch; null: the last epoch counts.</param>
    /// <param name="recipe">How to train.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="score">Scores the trained model.</param>
    /// <param name="progress">Receives the fraction that is done.</param>
    /// <param name="cancellation">Stops compiling, training and scoring.</param>
    public static RunOutcome Make(
        string declaration, SequenceData train, SequenceData? validation, Recipe recipe, int seed, IScore score,
        IProgress<double> progress, CancellationToken cancellation)
    {
        MethodInfo method = typeof(ModelRun).GetMethod(nameof(Run), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(ModelCompiler.Compile(declaration, cancellation));
        try
        {
            return (RunOutcome)method.Invoke(null, [declaration, train, validation, recipe, seed, score, progress, cancellation])!;
        }
        catch (TargetInvocationException exception) when (exception.InnerException is not null)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException);
            throw;
        }
    }

    private static RunOutcome Run<TModel>(
        string declaration, SequenceData train, SequenceData? validation, Recipe recipe, int seed, IScore score,
        IProgress<double> progress, CancellationToken cancellation) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(seed);
        ModelDescription description = SequenceModel<TModel>.Description;
        long started = Stopwatch.GetTimestamp();
        TrainingReport report = model.Fit(
            new StoppableData(train, cancellation), validation is null ? null : new StoppableData(validation, cancellation),
            recipe.Options(seed),
            new TrainingShare(progress), cancellation);
        var training = new Training(
            declaration, description.ParameterCount, description.StateBytes, recipe.ToString(),
            [.. report.Epochs.Select(static e => new Epoch(e.TrainingLoss, e.ValidationLoss))], report.BestEpoch,
            Stopwatch.GetElapsedTime(started).TotalSeconds);
        RunOutcome outcome = score.Of(model, cancellation);
        // An agent may have more states than one, or none.
        return outcome with { Training = training with { StateBytes = outcome.Training?.StateBytes ?? training.StateBytes } };
    }
}

/// <summary>Scores a trained model on the test part.</summary>
internal interface IScore
{
    /// <summary>The scores; the model's training is filled in by the caller.</summary>
    RunOutcome Of<TModel>(TModel model, CancellationToken cancellation) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
}
