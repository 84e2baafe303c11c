using AarenGen.Tests.Models;
using Xunit.Abstractions;

namespace AarenGen.Tests;

/// <summary>
/// Events of a process whose density is known: the model must come between the baselines, which know nothing of the past, and the process
/// itself, which nothing surpasses on average.
/// </summary>
/// <remarks>
/// A Hawkes process of two streams: each event of one makes those of the other likelier, for about half a minute. The rate of stream m is
/// Base + sum over earlier events k of Excitation[m, side of k] * Decay * exp(-Decay * (t - t_k)), by the minute. Source: Hawkes, Spectra
/// of some self-exciting and mutually exciting point processes, Biometrika 1971; drawn by thinning (Ogata 1981).
/// </remarks>
public sealed class HawkesTests(ITestOutputHelper log)
{
    private const double Base = 0.2, Decay = 2;

    private static readonly double[,] Excitation = { { 0.05, 0.75 }, { 0.75, 0.05 } };

    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_model_of_records_surpasses_the_baselines_and_comes_near_the_process()
    {
        Burst[] train = [.. Enumerable.Range(0, 40).SelectMany(static run => Draw(run, 400))];
        BurstModel model = BurstModel.Create(1);
        // As users begin: with what is sensible by default.
        EventReport report = model.Fit(train);
        log.WriteLine(report.ToString());
        Burst[] test = [.. Enumerable.Range(100, 20).SelectMany(static run => Draw(run, 400))];
        EventEvaluation scores = model.Evaluate(test, baseline: train);
        double truth = Enumerable.Range(100, 20).Average(static run => LogLikelihood([.. Draw(run, 400)]));
        log.WriteLine($"{scores}\nthe process itself: {truth:F4} nats an event");
        double gain = scores.LogLikelihood - scores.BestBaseline.LogLikelihood, possible = truth - scores.BestBaseline.LogLikelihood;
        Assert.InRange(gain, 0.7 * possible, possible + 0.02);
        Assert.True(scores.Model.WaitLogLikelihood > scores.BestBaseline.Scores.WaitLogLikelihood);
        Assert.True(scores.Model.MarkLogLikelihood > scores.BestBaseline.Scores.MarkLogLikelihood);
    }

    /// <summary>The mean log-likelihood of the process for each event but the first: of its wait and its mark.</summary>
    private static double LogLikelihood(Burst[] events)
    {
        double[] excited = [0, 0];
        double sum = 0;
        for (int i = 0; i < events.Length; i++)
        {
            if (i > 0)
            {
                double wait = (events[i].Time - events[i - 1].Time).TotalMinutes, left = Math.Exp(-Decay * wait);
                // The expected number of events in the wait, of either side.
                double expected = 2 * Base * wait + (excited[0] + excited[1]) * (1 - left) / Decay;
                excited = [excited[0] * left, excited[1] * left];
                sum += Math.Log(Base + excited[(int)events[i].Side]) - expected;
            }
            Excite(excited, (int)events[i].Side);
        }
        return sum / (events.Length - 1);
    }

    private static void Excite(double[] excited, int side)
    {
        for (int m = 0; m < 2; m++)
        {
            excited[m] += Excitation[m, side] * Decay;
        }
    }

    /// <summary>Draws events: from one moment to the next the rate only falls, so that its present value bounds it.</summary>
    private static IEnumerable<Burst> Draw(int run, int count)
    {
        var random = new Random(run);
        double[] excited = [0, 0];
        double time = 0, last = 0;
        for (int i = 0; i < count;)
        {
            double bound = 2 * Base + excited[0] + excited[1];
            time -= Math.Log(1 - random.NextDouble()) / bound;
            double left = Math.Exp(-Decay * (time - last));
            excited = [excited[0] * left, excited[1] * left];
            last = time;
            double chosen = random.NextDouble() * bound, first = Base + excited[0];
            if (chosen >= first + Base + excited[1])
            {
                continue;
            }
            int side = chosen < first ? 0 : 1;
            Excite(excited, side);
            i++;
            yield return new(run, Begin.AddHours(run) + TimeSpan.FromMinutes(time), (Side)side);
        }
    }
}
