using AarenGen.Training;
using TorchSharp;

namespace AarenGen.Benchmarks;

/// <summary>LibTorch's optimisation step on one batch: forward, mean squared error, backward, clipping, AdamW, as ours.</summary>
internal sealed class TorchTraining : IDisposable
{
    private readonly TorchModel model;
    private readonly torch.optim.Optimizer optimizer;
    private readonly torch.Tensor tokens, targets;
    private readonly double clipNorm;

    public TorchTraining(
        ModelWeights weights, TorchMixer mixer, float[] tokens, float[] targets, int batch, int length, TrainingOptions options)
    {
        model = new(weights, mixer);
        this.tokens = torch.tensor(tokens, [batch, length, tokens.Length / (batch * length)]);
        this.targets = torch.tensor(targets, [batch, length, targets.Length / (batch * length)]);
        clipNorm = options.ClipNorm;
        optimizer = torch.optim.AdamW(
            model.parameters(), options.LearningRate, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
    }

    /// <summary>One step.</summary>
    /// <param name="threads">Cores that LibTorch uses.</param>
    public void Step(int threads)
    {
        if (torch.get_num_threads() != threads)
        {
            torch.set_num_threads(threads);
        }
        using DisposeScope scope = torch.NewDisposeScope();
        optimizer.zero_grad();
        Loss().backward();
        torch.nn.utils.clip_grad_norm_(model.parameters(), clipNorm);
        optimizer.step();
    }

    public double Evaluate()
    {
        using IDisposable mode = torch.no_grad();
        using DisposeScope scope = torch.NewDisposeScope();
        return Loss().item<float>();
    }

    public void Dispose()
    {
        optimizer.Dispose();
        model.Dispose();
        tokens.Dispose();
        targets.Dispose();
    }

    private torch.Tensor Loss() => torch.nn.functional.mse_loss(model.Forward(tokens), targets);
}
