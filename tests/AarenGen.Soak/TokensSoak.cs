using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Soak;

/// <summary>
/// One state of each mixer takes tokens without end; every output is held against the same model in float64, within a bound that is
/// computed beside each number, operation by operation.
/// </summary>
internal static class TokensSoak
{
    private const int Width = 2;
    private const string Values = "blocks.0.mixer.v_proj.weight", Candidates = "blocks.0.mixer.h_proj.weight",
        Gates = "blocks.0.mixer.f_proj.weight";

    private static readonly Dictionary<string, Action<long>> All = new(StringComparer.Ordinal)
    {
        ["aaren"] = static tokens => Run("aaren", AarenModel.Create(1), static f => new AarenMixer(f), tokens),
        ["forgetting"] = static tokens => Run("forgetting", ForgettingModel.Create(5), static f => new ForgettingMixer(f), tokens),
        ["slowly-forgetting"] = static tokens =>
            Run("slowly-forgetting", SlowlyForgettingModel.Create(6), static f => new ForgettingMixer(f), tokens),
        ["transformer"] = static tokens => Run("transformer", TransformerModel.Create(2), static f => new TransformerMixer(f), tokens),
        ["mingru"] = static tokens => Run("mingru", MinGruModel.Create(3), static f => new MinGruMixer(f), tokens),
        ["minlstm"] = static tokens => Run("minlstm", MinLstmModel.Create(4), static f => new MinLstmMixer(f), tokens),
    };

    /// <summary>The mixers that there are.</summary>
    public static string[] Names => [.. All.Keys];

    public static void Run(long tokens, string[] mixers)
    {
        foreach (string mixer in mixers)
        {
            (All.GetValueOrDefault(mixer)
                ?? throw new SoakException($"There is no mixer '{mixer}'; choose from {string.Join(", ", Names)}."))(tokens);
        }
    }

    private static void Run<TModel>(string name, TModel model, Func<WeightFile, IMixer> mixer, long tokens)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        CheckThatItCanFail(name, model, mixer);
        WeightFile weights = WeightFile.Of(model);
        Result result = Compare(model, new(weights, mixer(weights)), tokens, name);
        if (result.FirstOutside is { } outside)
        {
            throw new SoakException($"{name}: {outside}");
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {tokens} tokens, largest error {result.LargestError:0.00e+0}, at most {result.LargestShare:P1} of its bound; ")
            + $"largest bound {result.LargestBound:0.00e+0}; {result.Elapsed.TotalMinutes:F1} min");
    }

    /// <summary>Weights that are off by a thousandth or a hundredth must be found at once: else the bound would allow anything.</summary>
    private static void CheckThatItCanFail<TModel>(string name, TModel model, Func<WeightFile, IMixer> mixer)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        string[] tensors = [.. WeightFile.Of(model).Names.Where(static n => n is "head.weight" or Values or Candidates or Gates)];
        foreach (string tensor in tensors)
        {
            WeightFile wrong = WeightFile.Of(model);
            foreach (ref double weight in wrong[tensor].AsSpan())
            {
                // A gate is a number from 0 to 1, and moves less than its weights.
                weight *= tensor == Gates ? 1.01 : 1.001;
            }
            if (Compare(model, new(wrong, mixer(wrong)), 1000, null).FirstOutside is null)
            {
                throw new SoakException($"{name}: wrong numbers in {tensor} were not found; the bound is too wide.");
            }
        }
    }

    private static Result Compare<TModel>(TModel model, Float64Model reference, long tokens, string? name)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var watch = Stopwatch.StartNew();
        StreamState<TModel> state = model.CreateState();
        var random = new Random(5);
        Span<float> token = stackalloc float[Width], output = stackalloc float[Width];
        double largestError = 0, largestShare = 0, largestBound = 0;
        for (long t = 0; t < tokens; t++)
        {
            // What comes drifts to the end, so that late tokens count: an average that stopped moving is found.
            double phase = 2.5 * Math.PI * t / tokens;
            token[0] = (float)(2 * random.NextDouble() - 1 + 2 * Math.Sin(phase));
            token[1] = (float)(2 * random.NextDouble() - 1 - Math.Cos(phase));
            model.Step(state, token, output);
            ReadOnlySpan<Bounded> expected = reference.Step(token);
            for (int i = 0; i < Width; i++)
            {
                double error = Math.Abs(output[i] - expected[i].Value);
                largestError = Math.Max(largestError, error);
                largestBound = Math.Max(largestBound, expected[i].Error);
                largestShare = Math.Max(largestShare, error / expected[i].Error);
                if (!(error <= expected[i].Error))
                {
                    return new(largestError, largestShare, largestBound, watch.Elapsed, string.Create(
                        CultureInfo.InvariantCulture,
                        $"token {t}, output {i} is {output[i]:R}, in float64 {expected[i].Value:R}: ")
                        + $"{error:0.00e+0} apart, more than {expected[i].Error:0.00e+0}.");
                }
            }
            if (name is not null && (t + 1) % (tokens / 10) == 0)
            {
                // Saved and restored on the way: nothing may be lost.
                using var saved = new MemoryStream();
                state.Save(saved);
                saved.Position = 0;
                state = model.CreateState();
                state.Load(saved);
                if (state.TokenCount != t + 1)
                {
                    throw new SoakException($"{name}: {t + 1} tokens were taken, but the state counts {state.TokenCount}.");
                }
                Console.Error.WriteLine($"{name}: {t + 1} of {tokens}");
            }
        }
        return new(largestError, largestShare, largestBound, watch.Elapsed, null);
    }

    private sealed record Result(double LargestError, double LargestShare, double LargestBound, TimeSpan Elapsed, string? FirstOutside);
}
