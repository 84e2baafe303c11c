using System.Text.RegularExpressions;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>docs/weights.md: its tables name every tensor, and its module computes what the generated code does.</summary>
public sealed partial class WeightsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "weights.md"));

    [Fact]
    public void Its_tables_name_the_tensors_of_all_models_and_their_shapes()
    {
        (string Name, int Rank)[] rows = [.. Page.Split('\n').Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(static cells => cells is [_, _, ['[', ..], _, _]).SelectMany(static cells => Names(cells[1]).Zip(Shapes(cells[2])))];
        Assert.InRange(rows.Length, 20, 60);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var used = new HashSet<string>();
        var layers = LayerName();
        foreach (ModelCase model in ModelCases.All)
        {
            model.Run(new Action(description =>
            {
                foreach (ParameterDescription p in description.Parameters)
                {
                    string name = InputNumber().Replace(layers.Replace(p.Name, ""), "inputN");
                    string? row = rows.Select(static r => r.Name).FirstOrDefault(n => n == name);
                    bool hasRank = rows.Any(r => r.Name == row && r.Rank == p.Shape.Count);
                    if (row is null || !hasRank || name == p.Name)
                    {
                        missing.Add($"{p.Name} [{string.Join(", ", p.Shape)}]");
                    }
                    used.Add(row ?? "");
                }
            }));
        }
        Assert.Equal([], missing);
        Assert.Empty(rows.Select(static r => r.Name).Except(used));

        static IEnumerable<string> Names(string cell) => CodeSpan().Matches(cell).Select(static m => m.Groups[1].Value);

        static IEnumerable<int> Shapes(string cell) =>
            ShapeText().Matches(OtherShape().Replace(cell, "")).Select(static m => m.Value.Count(',') + 1);
    }

    [PyTorchFact]
    public async Task Its_module_computes_the_same_whichever_side_trained()
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-page").FullName;
        try
        {
            string[] blocks = [.. PythonBlock().Matches(Page).Select(static m => m.Groups[1].Value)];
            Assert.Equal(2, blocks.Length);
            NextValues ours = NextValues.Create(3);
            ours.Metadata = new Dictionary<string, string> { ["größe"] = "🌡" };
            ours.Save(Path.Combine(folder, "ours.safetensors"));
            string script = Path.Combine(folder, "train.py");
            await File.WriteAllTextAsync(script, $$"""
                import os, torch
                os.chdir("{{folder}}")
                torch.manual_seed(5)
                {{blocks[0]}}
                {{blocks[1]}}
                from safetensors import safe_open
                from safetensors.torch import load_file

                def outputs(module, path):
                    # In float64, from the numbers of the file, which are float32.
                    module = module.double()
                    save_file({"y": module(x.double()).detach().contiguous()}, path)

                x = torch.randn(2, 40, 7)
                save_file({"x": x}, "x")
                outputs(model, "theirs.y")
                with safe_open("ours.safetensors", "pt") as file:
                    assert file.metadata()["größe"] == "🌡", file.metadata()
                state = {n: t[:, None] if n.endswith("conv.weight") else t for n, t in load_file("ours.safetensors").items()}
                ours = NextValues()
                ours.load_state_dict(state)
                outputs(ours, "ours.y")
                wrapped = torch.nn.DataParallel(ours.float())
                save_file(wrapped.state_dict(), "wrapped.safetensors")
                """);
            (int exitCode, string output) = await PyTorch.RunAsync("-B", script);
            Assert.True(exitCode == 0, output);

            float[] tokens = Floats("x", sizeof(float), static b => BitConverter.ToSingle(b));
            NextValues theirs = NextValues.Load(Path.Combine(folder, "next-values.safetensors"));
            Assert.Equal("random walks", theirs.Metadata["data"]);
            Compare(theirs, "theirs.y");
            Compare(ours, "ours.y");
            string wrapped = Path.Combine(folder, "wrapped.safetensors");
            Assert.Contains(
                "Prefix = \"module.\"", Assert.Throws<ModelFileException>(() => NextValues.Load(wrapped)).Message,
                StringComparison.Ordinal);
            Assert.Equal(ours.WeightFingerprint, NextValues.Load(wrapped, new() { Prefix = "module." }).WeightFingerprint);

            // Float32 against float64, as everywhere: see Tolerance.
            void Compare(NextValues model, string file)
            {
                double[] expected = [.. Floats(file, sizeof(double), static b => BitConverter.ToDouble(b))];
                float[] whole = new float[expected.Length], stepped = new float[expected.Length];
                for (int b = 0; b < 2; b++)
                {
                    Range sequence = (b * 280)..((b + 1) * 280);
                    model.Forward(model.CreateState(), tokens.AsSpan(sequence), whole.AsSpan(sequence));
                    StreamState<NextValues> state = model.CreateState();
                    for (int at = b * 280; at < (b + 1) * 280; at += 7)
                    {
                        model.Step(state, tokens.AsSpan(at, 7), stepped.AsSpan(at, 7));
                    }
                }
                double size = Math.Sqrt(expected.Sum(static y => y * y));
                foreach (float[] actual in (float[][])[whole, stepped])
                {
                    double error = Math.Sqrt(expected.Zip(actual, static (e, a) => (e - a) * (e - a)).Sum()) / size;
                    Assert.InRange(error, 0, Tolerance.Float32.Output);
                }
            }

            T[] Floats<T>(string file, int bytes, Func<byte[], T> read)
            {
                byte[] all = File.ReadAllBytes(Path.Combine(folder, file));
                return [.. all.Skip(sizeof(long) + (int)BitConverter.ToInt64(all)).Chunk(bytes).Select(read)];
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>"long" is the <c>Name</c> of a layer of a test model.</summary>
    [GeneratedRegex(@"^(long|inputs|embed|head|layers\.\d+|blocks\.\d+|heads\.\w+(\.\d+){0,2})\.(?=[a-z0-9_]+(\.|$))")]
    private static partial Regex LayerName();

    [GeneratedRegex(@"^input\d+")]
    private static partial Regex InputNumber();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();

    /// <summary>A shape that <c>Load</c> takes as well.</summary>
    [GeneratedRegex(@" or \[[^\]]*\]")]
    private static partial Regex OtherShape();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex ShapeText();

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();

    private sealed class Action(Action<ModelDescription> use) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => use(SequenceModel<TModel>.Description);
    }
}
