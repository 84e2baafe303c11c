namespace Experiments.Tests;

/// <summary>Marks of many kinds.</summary>
public sealed class MarkRecencyTests
{
    [Fact]
    public void Places_are_those_of_the_move_to_front_code() =>
        Assert.Equal(
            [MarkRecency.Capacity, 0, MarkRecency.Capacity, 1, 1, 0, MarkRecency.Capacity, 2],
            MarkRecency.PlacesOf([5, 5, 7, 5, 7, 7, 9, 5]));

    [Fact]
    public void Old_marks_make_way()
    {
        var recent = new RecentMarks(2);
        foreach (int mark in (int[])[1, 2, 3])
        {
            recent.Add(mark);
        }
        Assert.Equal((2, 3, 2), (recent.Count, recent[0], recent[1]));
        Assert.Equal(2, recent.PlaceOf(1));
        recent.Add(2);
        Assert.Equal((2, 2, 3), (recent.Count, recent[0], recent[1]));
    }

    [Fact]
    public void Probabilities_of_all_marks_sum_to_one_and_the_predicted_one_is_the_likeliest()
    {
        const int kinds = 9;
        var random = new Random(3);
        EventSequence[] train = [.. Enumerable.Range(0, 5).Select(_ => new EventSequence(
            [.. Enumerable.Range(0, 12).Select(static t => (double)t)], [.. Enumerable.Range(0, 12).Select(_ => random.Next(kinds - 1))]))];
        var unseen = new NewMarks(train, kinds, MarkRecency.Capacity);
        double[] raw = [.. Enumerable.Range(0, MarkRecency.Classes).Select(i => i == MarkRecency.Capacity ? 2 : random.NextDouble())];
        double total = raw.Sum();
        foreach (int[] past in (int[][])[[4], [0, 8, 3], [.. Enumerable.Range(0, kinds)]])
        {
            var recent = new RecentMarks(MarkRecency.Capacity);
            foreach (int mark in past)
            {
                recent.Add(mark);
            }
            (double LogProbability, bool IsHit)[] scores = [.. Enumerable.Range(0, kinds)
                .Select(next => MarkRecency.Score(place => Math.Log(raw[place] / total), recent, unseen, kinds, next))];
            Assert.Equal(1, scores.Sum(static s => Math.Exp(s.LogProbability)), 1e-12);
            (double log, _) = Assert.Single(scores, static s => s.IsHit);
            Assert.Equal(scores.Max(static s => s.LogProbability), log);
        }
    }
}
