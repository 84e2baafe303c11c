using AarenGen;

namespace AarenApp.Tests;

public sealed class PolicyTests : IDisposable
{
    private readonly string table = Path.GetTempFileName();

    public void Dispose() => File.Delete(table);

    [Fact]
    public void Asked_for_more_the_policy_does_better_than_the_table()
    {
        Sample.Write(table);
        Policy policy = Policy.Create(seed: 1);
        DecisionReport report = policy.Fit(Policy.ReadTable(table));
        double good = Episodes.Run(policy, report.Returns.Percentile90, 40, new Random(2));
        double bad = Episodes.Run(policy, report.Returns.Min, 40, new Random(2));
        Assert.True(good > report.Returns.Mean && good > bad, $"{good}, {report.Returns.Mean}, {bad}");
    }
}
