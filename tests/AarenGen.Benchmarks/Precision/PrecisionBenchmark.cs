using System.Globalization;

namespace AarenGen.Benchmarks;

/// <summary>What narrower weights cost a trained forecaster: the next hour of ETTh1's seven columns.</summary>
internal sealed class PrecisionBenchmark : IBenchmark
{
    /// <summary>Months of 30 days, as the literature on these data splits them: 12 to learn from, 4 to choose by, 4 to test on.</summary>
    private const int Train = 12 * 30 * 24, Validation = 4 * 30 * 24, Test = 4 * 30 * 24, Window = 96;

    public string Name => "precision";

    public string Description => "Accuracy of bf16 and int8 weights on a trained forecaster (AARENGEN_DATA/forecasting/ETTh1.csv)";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        string[] columns = ["model", "weights", "test MSE", "change %", "test MAE", "change %", "norm of the difference over the norm"];
        string path = Path.Combine(Environment.GetEnvironmentVariable("AARENGEN_DATA") ?? "", "forecasting", "ETTh1.csv");
        if (!File.Exists(path))
        {
            yield return new("precision", "Accuracy of narrower weights", columns, [], Array.Empty<object>())
            {
                Notes = ["Not measured: set AARENGEN_DATA to a folder with forecasting/ETTh1.csv."],
            };
            yield break;
        }
        float[] values = [.. File.ReadLines(path).Skip(1).SelectMany(static line => line.Split(',').Skip(1))
            .Select(static cell => float.Parse(cell, CultureInfo.InvariantCulture))];
        StandardScaler.Fit(values.AsSpan(0, Train * 7), 7).Transform(values);
        var rows = new List<IReadOnlyList<string>>();
        var data = new List<object>();
        foreach (BenchmarkModel model in BenchmarkModel.All.Take(2))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (Result result in model.Accept(new Forecaster(values, thoroughness.IsShort ? 1 : 10, cancellation)))
            {
                rows.Add([
                    model.Name, result.Precision.ToString(), Number(result.SquaredError, 4),
                    Number(100 * (result.SquaredError / result.ExactSquaredError - 1), 2), Number(result.AbsoluteError, 4),
                    Number(100 * (result.AbsoluteError / result.ExactAbsoluteError - 1), 2),
                    result.Difference.ToString("E1", CultureInfo.InvariantCulture),
                ]);
                data.Add(
                    new { model.Name, Precision = result.Precision.ToString(), result.SquaredError,
                        result.AbsoluteError, result.Difference });
            }
        }
        yield return new("precision", "Accuracy of narrower weights: the next hour of ETTh1, standardised", columns, rows, data);
    }

    private static string Number(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);

    private sealed record Result(
        WeightPrecision Precision, double SquaredError, double AbsoluteError, double ExactSquaredError,
        double ExactAbsoluteError, double Difference);

    private sealed class Forecaster(float[] values, int epochs, CancellationToken cancellation) : IModelVisitor<IReadOnlyList<Result>>
    {
        public IReadOnlyList<Result> Visit<TModel>(BenchmarkModel<TModel> model)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel forecaster = SequenceModel<TModel>.Create(1);
            forecaster.Fit(
                Windows(0, Train, 12), Windows(Train, Validation, Window), new() { Epochs = epochs, Seed = 1 }, null, cancellation);
            float[] tokens = Rows(Train + Validation, Test), targets = Rows(Train + Validation + 1, Test);
            float[] exact = [];
            var results = new List<Result>();
            foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
            {
                forecaster.UsePrecision(precision);
                var outputs = new float[targets.Length];
                for (int start = 0; start < Test; start += Window)
                {
                    // Windows as in training: a fresh stream each.
                    int length = Math.Min(Window, Test - start);
                    forecaster.Forward(
                        forecaster.CreateState(), tokens.AsSpan(start * 7, length * 7), outputs.AsSpan(start * 7, length * 7));
                }
                exact = precision == WeightPrecision.Float32 ? outputs : exact;
                double squared = outputs.Zip(targets, static (o, t) => ((double)o - t) * (o - t)).Average(),
                    absolute = outputs.Zip(targets, static (o, t) => Math.Abs((double)o - t)).Average();
                double difference = Math.Sqrt(
                    outputs.Zip(exact, static (o, e) => ((double)o - e) * (o - e)).Sum() / exact.Sum(static e => (double)e * e));
                results.Add(
                    new(
                        precision, squared, absolute, results.Count == 0 ? squared : results[0].SquaredError,
                        results.Count == 0 ? absolute : results[0].AbsoluteError, difference));
            }
            return results;
        }

        private SequenceWindows Windows(int start, int count, int stride) =>
            new(Rows(start, count - 1), 7, Rows(start + 1, count - 1), 7, Window, stride);

        private float[] Rows(int start, int count) => values[(start * 7)..((start + count) * 7)];
    }
}
