using System.Collections.Concurrent;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Whole sequences in chunks, by several threads: what evaluations of all tasks share.</summary>
public sealed class SequenceRunnerTests
{
    [Fact]
    public void Chunks_give_the_outputs_of_the_whole_sequence()
    {
        Check<Standardized>();
        Check<SeriesInPatches>();
        Check<SeriesByMean>();
    }

    [Fact]
    public void One_thread_scores_where_one_is_allowed()
    {
        StrokeClassifier model = StrokeClassifier.Create(1);
        var threads = new ConcurrentDictionary<int, bool>();
        int[] scores = SequenceRunner<StrokeClassifier>.Score(
            model, 40, threads: 1, (_, i) =>
            {
                threads[Environment.CurrentManagedThreadId] = true;
                // Long enough for a second thread, if there were one, to take a part.
                Thread.Sleep(1);
                return i;
            },
            CancellationToken.None);
        Assert.Equal([Environment.CurrentManagedThreadId], threads.Keys);
        Assert.Equal(Enumerable.Range(0, 40), scores);
    }

    [Fact]
    public void A_cancelled_token_ends_one_long_sequence_at_the_next_chunk()
    {
        StrokeClassifier model = StrokeClassifier.Create(1);
        using var stop = new CancellationTokenSource();
        SequenceList whole = ModelData.Random<StrokeClassifier>([5000], seed: 1);
        var data = new StoppingData(whole, reads: 2, stop);
        int last = -1;
        OperationCanceledException stopped = Assert.ThrowsAny<OperationCanceledException>(() => SequenceRunner<StrokeClassifier>.Score(
            model, 1, threads: 2, (runner, i) =>
            {
                runner.Run(data, i, (token, _) => last = token);
                return 0;
            },
            stop.Token));
        Assert.Equal(stop.Token, stopped.CancellationToken);
        // Two chunks were read, and computed.
        Assert.Equal(2 * 1024 - 1, last);
    }

    private static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(1);
        ModelDescription description = SequenceModel<TModel>.Description;
        SequenceList data = ModelData.Random<TModel>([2500, 1024, 7], seed: 2);
        var runner = new SequenceRunner<TModel>(model, CancellationToken.None);
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.GetLength(i);
            float[] tokens = new float[length * description.InputWidth], outputs = new float[length * description.OutputWidth];
            data.ReadTokens(i, tokens);
            model.Forward(model.CreateState(), tokens, outputs);
            int expected = 0;
            runner.Run(data, i, (token, output) =>
            {
                Assert.Equal(description.Tokens.GetSampleIndex(expected++), token);
                Assert.Equal(outputs.AsSpan(token * description.OutputWidth, description.OutputWidth).ToArray(), output.ToArray());
            });
            Assert.Equal(description.Tokens.GetOutputCount(length), expected);
        }
    }
}
