using AarenGen;

namespace AarenApp.Tests;

public sealed class ClassifierTests : IDisposable
{
    private readonly string table = Path.GetTempFileName(), test = Path.GetTempFileName();

    public void Dispose()
    {
        File.Delete(table);
        File.Delete(test);
    }

    [Fact]
    public void A_training_tells_the_labels_of_other_recordings()
    {
        Sample.Write(table);
        Sample.Write(test, seed: 2);
        Classifier model = Classifier.Create(seed: 1);
        model.Fit(Classifier.ReadTable(table));
        Assert.True(model.Evaluate(Classifier.ReadTable(test)).Accuracy > 0.9);
    }
}
