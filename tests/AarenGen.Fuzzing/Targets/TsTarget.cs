using System.Globalization;
using System.Text;
using Experiments;
using AarenGen.Data;

namespace AarenGen.Fuzzing;

/// <summary>Labelled sequences in the .ts format.</summary>
internal sealed class TsTarget : FuzzTarget<TsDataset>
{
    public override string Name => "ts";

    public override IReadOnlyList<string> Words { get; } =
        [
            "@data", "@dimensions 2", "@dimension 0", "@dimensions 2000000000", "@univariate true", "@univariate false",
            "@timeStamps true", "@classLabel true a b", "@classLabel false", "@equalLength true", "@missing true", "#", "%", ":", ",",
            "?", "NaN", "a", "b", "\n", "\r\n", "(0,1)",
        ];

    public override bool IsRefusal(Exception exception) => exception is TableException;

    public override string Extension(ReadOnlySpan<byte> input) => ".ts";

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        foreach (string text in (string[])
            [
                "# made up\n@problemName Two\n@timeStamps false\n@dimensions 2\n@equalLength false\n@classLabel true b a\n"
                    + "@data\n1,2,3:10,20,30:a\n4:4e1:b\n",
                "@univariate true\n@classLabel true x y\n@data\n5,6,?:x\n1,NaN,2:y\n",
                "@univariate false\n@CLASSLABEL true x\n@DATA\n5:6:7:x\n",
            ])
        {
            yield return Encoding.UTF8.GetBytes(text);
        }
    }

    protected override TsDataset ReadFile(string path) => TsFile.Read(path);

    protected override void Write(TsDataset value, string path)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture, $"@dimensions {value.Channels}\n@classLabel true {string.Join(' ', value.Labels)}\n@data\n");
        foreach (TsCase one in value.Cases)
        {
            for (int channel = 0; channel < value.Channels; channel++)
            {
                IEnumerable<double> values = one.Tokens.Where((_, i) => i % value.Channels == channel);
                text.AppendJoin(',', values.Select(static v => v.ToString("R", CultureInfo.InvariantCulture))).Append(':');
            }
            text.Append(value.Labels[one.Label]).Append('\n');
        }
        File.WriteAllText(path, text.ToString());
    }

    protected override bool AreEqual(TsDataset first, TsDataset second) =>
        first.Channels == second.Channels && first.Labels.SequenceEqual(second.Labels) && first.Cases.Length == second.Cases.Length
        && first.Cases.Zip(second.Cases).All(static p =>
            p.First.Label == p.Second.Label && p.First.Tokens.AsSpan().SequenceEqual(p.Second.Tokens));
}
