using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AarenGen.Benchmarks;

/// <summary>What mixes the tokens of a sequence.</summary>
internal enum TorchMixer
{
    /// <summary>Attention with a learned query, by cumulative sums over the sequence.</summary>
    Aaren,

    /// <summary>Causal self-attention, by scaled_dot_product_attention.</summary>
    Transformer,
}

/// <summary>The benchmarks' model as one writes it in PyTorch, over whole sequences and step by step.</summary>
internal sealed class TorchModel : nn.Module
{
    private readonly int heads, blocks;
    private readonly TorchMixer mixer;
    private readonly Dictionary<string, Parameter> weights = [];

    /// <summary>A model with the weights of ours; those of a Transformer's queries are random.</summary>
    public TorchModel(ModelWeights source, TorchMixer mixer) : base("model")
    {
        heads = source.Heads;
        blocks = source.Blocks;
        this.mixer = mixer;
        foreach ((string name, Tensor tensor) in source.Tensors)
        {
            if (mixer == TorchMixer.Transformer && name.EndsWith("mixer.query", StringComparison.Ordinal))
            {
                continue;
            }
            var parameter = new Parameter(torch.tensor(tensor.Values, tensor.Shape));
            weights[name] = parameter;
            register_parameter(name.Replace('.', '_'), parameter);
        }
    }

    /// <summary>[batch, tokens, features] to outputs of the same shape.</summary>
    public torch.Tensor Forward(torch.Tensor tokens)
    {
        torch.Tensor x = Linear("embed", tokens);
        for (int block = 0; block < blocks; block++)
        {
            string prefix = $"blocks.{block}.";
            torch.Tensor normal = Normalize(prefix + "norm1", x);
            torch.Tensor mixed = mixer == TorchMixer.Aaren ? AttendByPrefix(prefix, normal) : AttendToAll(prefix, normal);
            x = x + Linear(prefix + "mixer.o_proj", mixed);
            x = x + Linear(prefix + "ffn2", nn.functional.gelu(Linear(prefix + "ffn1", Normalize(prefix + "norm2", x))));
        }
        return Linear("head", x);
    }

    /// <summary>[1, features] to outputs; the state, three tensors a block, is replaced.</summary>
    public torch.Tensor Step(torch.Tensor token, torch.Tensor[] queries, torch.Tensor[] state)
    {
        torch.Tensor x = Linear("embed", token);
        for (int block = 0; block < blocks; block++)
        {
            string prefix = $"blocks.{block}.";
            torch.Tensor normal = Normalize(prefix + "norm1", x), m = state[3 * block], w = state[3 * block + 1], u = state[3 * block + 2];
            torch.Tensor scores = (Linear(prefix + "mixer.k_proj", normal).view(heads, -1) * queries[block]).sum(1, keepdim: true);
            torch.Tensor values = Linear(prefix + "mixer.v_proj", normal).view(heads, -1);
            torch.Tensor maximum = torch.maximum(m, scores), keep = (m - maximum).exp_(), add = (scores - maximum).exp_();
            torch.Tensor weight = w * keep + add, numerator = u * keep + values * add;
            (state[3 * block], state[3 * block + 1], state[3 * block + 2]) =
                (maximum.MoveToOuterDisposeScope(), weight.MoveToOuterDisposeScope(), numerator.MoveToOuterDisposeScope());
            m.Dispose();
            w.Dispose();
            u.Dispose();
            x = x + Linear(prefix + "mixer.o_proj", (numerator / weight).view(1, -1));
            x = x + Linear(prefix + "ffn2", nn.functional.gelu(Linear(prefix + "ffn1", Normalize(prefix + "norm2", x))));
        }
        return Linear("head", x);
    }

    private torch.Tensor Linear(string name, torch.Tensor x) => nn.functional.linear(x, weights[name + ".weight"], weights[name + ".bias"]);

    private torch.Tensor Normalize(string name, torch.Tensor x) =>
        nn.functional.layer_norm(x, [x.shape[^1]], weights[name + ".weight"], weights[name + ".bias"], 1e-5);

    /// <summary>exp(s − max s), summed up: fewest operations, at the price of precision where scores grow along the sequence.</summary>
    private torch.Tensor AttendByPrefix(string prefix, torch.Tensor x)
    {
        (long batch, long tokens, long width) = (x.shape[0], x.shape[1], x.shape[2]);
        torch.Tensor query = Linear(prefix + "mixer.q_proj", weights[prefix + "mixer.query"]).view(heads, -1);
        torch.Tensor keys = Linear(prefix + "mixer.k_proj", x).view(batch, tokens, heads, -1),
            values = Linear(prefix + "mixer.v_proj", x).view(batch, tokens, heads, -1);
        torch.Tensor scores = (keys * query).sum(3) / Math.Sqrt(width / heads);
        torch.Tensor exponentials = (scores - scores.detach().amax([1], keepdim: true)).exp();
        torch.Tensor numerators = (exponentials.unsqueeze(3) * values).cumsum(1), sums = exponentials.cumsum(1);
        return (numerators / sums.unsqueeze(3)).view(batch, tokens, width);
    }

    private torch.Tensor AttendToAll(string prefix, torch.Tensor x)
    {
        (long batch, long tokens, long width) = (x.shape[0], x.shape[1], x.shape[2]);
        torch.Tensor Head(string name) => Linear(prefix + name, x).view(batch, tokens, heads, -1).transpose(1, 2);
        torch.Tensor attended = nn.functional.scaled_dot_product_attention(
            Head("mixer.q_proj"), Head("mixer.k_proj"), Head("mixer.v_proj"), is_casual: true);
        return attended.transpose(1, 2).reshape(batch, tokens, width);
    }
}

/// <summary>LibTorch, token by token.</summary>
internal sealed class TorchStep : IStepPeer
{
    /// <summary>What a maximum is before the first token: any score is above it, and no difference to it is NaN.</summary>
    private const float NothingSeen = -1e30f;

    private readonly TorchModel model;
    private readonly torch.Tensor[] queries, state;
    private readonly float[] output;

    public TorchStep(ModelWeights weights, int threads)
    {
        torch.set_num_threads(threads);
        Name = $"LibTorch, {threads} thread{(threads > 1 ? "s" : "")}";
        model = new(weights, TorchMixer.Aaren);
        queries = [.. Enumerable.Range(0, weights.Blocks).Select(b => torch.tensor(weights.Query(b).Values, weights.Query(b).Shape))];
        // Of each block the maximum, the weight and the numerators.
        state =
        [
            .. queries.SelectMany(_ => (torch.Tensor[])
            [
                torch.full([weights.Heads, 1], NothingSeen), torch.zeros([weights.Heads, 1]),
                torch.zeros([weights.Heads, weights.Channels]),
            ]),
        ];
        output = new float[weights["head.weight"].Shape[0]];
    }

    public string Name { get; }

    public ReadOnlySpan<float> Step(ReadOnlySpan<float> token)
    {
        using IDisposable mode = torch.inference_mode();
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor result = model.Step(torch.tensor(token.ToArray(), [1, token.Length]), queries, state);
        result.data<float>().CopyTo(output);
        return output;
    }

    public void Dispose()
    {
        foreach (torch.Tensor tensor in queries.Concat(state))
        {
            tensor.Dispose();
        }
        model.Dispose();
    }
}
