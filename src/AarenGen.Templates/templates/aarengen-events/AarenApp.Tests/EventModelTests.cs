using AarenGen;

namespace AarenApp.Tests;

public sealed class EventModelTests : IDisposable
{
    private readonly string table = Path.GetTempFileName();

    public void Dispose() => File.Delete(table);

    [Fact]
    public void A_training_predicts_better_than_the_baselines()
    {
        Sample.Write(table);
        Visit[] visits = [.. EventModel.ReadTable(table)];
        DateTimeOffset test = visits.Select(static v => v.Time).Order().ElementAt(visits.Length * 4 / 5);
        EventModel model = EventModel.Create(seed: 1);
        model.Fit(visits, new() { ValidateUntil = test });
        EventEvaluation evaluation = model.Evaluate(visits, test);
        Assert.All(evaluation.Baselines, b => Assert.True(evaluation.LogLikelihood > b.LogLikelihood));
    }
}
