namespace AarenGen.Soak;

/// <summary>The soaked model in float64, written from its definition: embedding, a pre-norm block, head.</summary>
internal sealed class Float64Model(WeightFile file, IMixer mixer)
{
    private const string Block = "blocks.0.";

    private readonly Linear embed = new(file, "embed"), project = new(file, Block + "mixer.o_proj");
    private readonly Linear expand = new(file, Block + "ffn1"), contract = new(file, Block + "ffn2"), head = new(file, "head");
    private readonly LayerNorm norm1 = new(file, Block + "norm1"), norm2 = new(file, Block + "norm2");
    private readonly Bounded[] token = new Bounded[file["embed.weight"].Length / file["embed.bias"].Length];
    private readonly Bounded[] row = new Bounded[file["embed.bias"].Length], normal = new Bounded[file["embed.bias"].Length];
    private readonly Bounded[] mixed = new Bounded[file["embed.bias"].Length], hidden = new Bounded[file[Block + "ffn1.bias"].Length];
    private readonly Bounded[] output = new Bounded[file["head.bias"].Length];

    public ReadOnlySpan<Bounded> Step(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < token.Length; i++)
        {
            token[i] = new(values[i], 0);
        }
        embed.Apply(token, row);
        norm1.Apply(row, normal);
        mixer.Step(normal, mixed);
        project.Apply(mixed, row, isResidual: true);
        norm2.Apply(row, normal);
        expand.Apply(normal, hidden);
        Gelu.Apply(hidden);
        contract.Apply(hidden, row, isResidual: true);
        head.Apply(row, output);
        return output;
    }
}
