using System.Globalization;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>From labelled records to a classification, with models as users declare them.</summary>
public sealed class ClassificationTests
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_model_is_trained_and_names_labels_of_sequences_and_streams()
    {
        StrokePoint[] all = [.. Enumerable.Range(0, 120).SelectMany(static i => Stroke(i)).OrderBy(static p => p.Time)];
        StrokeClassifier model = StrokeClassifier.Create(1);
        ClassificationReport report = model.Fit(
            all, new() { Training = new() { Epochs = 20, BatchSize = 8, LearningRate = 1e-2, Threads = 2 } });
        // Of each label there are 40 sequences, but every tenth sequence has none.
        Assert.Equal(12, report.Unlabelled);
        Assert.Equal(108, report.Sequences + report.Validation!.Count);
        Assert.InRange(report.Validation.Count, 20, 24);
        Assert.True(report.Validation.Accuracy > 0.9, report.ToString());
        Assert.InRange(report.Validation.MajorityAccuracy, 1 / 3.0, 0.4);
        Assert.Contains("Falling", report.ToString(), StringComparison.Ordinal);

        StrokePoint[] others = [.. Enumerable.Range(200, 30).SelectMany(static i => Stroke(i))];
        ClassificationScores scores = model.Evaluate(others);
        Assert.Equal(27, scores.Count);
        Assert.Equal(3, scores.Unlabelled);
        Assert.True(scores.Accuracy > 0.9 && scores.MacroF1 > 0.9 && scores.LogLoss < 0.7, scores.ToString());
        int hits = 0;
        SeriesStateCollection<StrokeClassifier> states = model.CreateSeriesStates();
        foreach (IGrouping<int, StrokePoint> stroke in others.GroupBy(static p => p.Stroke))
        {
            SeriesState<StrokeClassifier> state = states[stroke.Key.ToString(CultureInfo.InvariantCulture)];
            Classification<Shape> whole = model.Classify(stroke), streamed = default;
            foreach (StrokePoint point in stroke)
            {
                streamed = model.Step(state, point)!.Value;
                Assert.Equal(point.Time, state.LastTime);
            }
            Assert.Equal(whole.Label, streamed.Label);
            Assert.All(StrokeClassifier.Labels, l => Assert.Equal(whole.Probability(l), streamed.Probability(l)));
            hits += stroke.First().Shape == whole.Label ? 1 : 0;
            IReadOnlyList<(Shape Label, double Probability)> ranking = whole.Rank();
            Assert.Equal((whole.Label, whole.Confidence), ranking[0]);
            Assert.Equal(1, ranking.Sum(static r => r.Probability), 1e-6);
            Assert.True(ranking[1].Probability >= ranking[2].Probability);
        }
        Assert.Equal(scores.Accuracy, hits / 27.0, 1e-12);
        // Enums are numbered by their values.
        Assert.Equal([Shape.Flat, Shape.Rising, Shape.Falling], StrokeClassifier.Labels);
    }

    [Fact]
    public void Labels_of_records_to_classify_are_not_read()
    {
        Check<StrokeClassifier, StrokePoint, Shape>(Stroke(4), static (p, i) => p with { Shape = i == 0 ? null : (Shape)0 });
        Check<WordClassifier, Spoken, string>(
            Enumerable.Range(0, 5).Select(static i => new Spoken("w", i, "one")), static (s, i) => s with { Word = i == 0 ? "" : "two" });
        Check<DigitClassifier, Drawn, int>(
            Enumerable.Range(0, 4).Select(static i => new Drawn("d", i, 7)), static (d, i) => d with { Digit = i == 0 ? -1 : 10 });

        static void Check<TModel, TRecord, TLabel>(IEnumerable<TRecord> records, Func<TRecord, int, TRecord> unknown)
            where TModel : ClassificationModel<TModel, TRecord, TLabel>, IModelDefinition<TModel>, IRecordBinding<TRecord>,
                IClassificationDefinition<TLabel>
            where TLabel : notnull
        {
            TModel model = SequenceModel<TModel>.Create(1);
            TRecord[] labelled = [.. records], others = [.. labelled.Select(unknown)];
            Classification<TLabel> expected = model.Classify(labelled), found = model.Classify(others);
            SeriesState<TModel> state = model.CreateSeriesState(TModel.GetKey(labelled[0]));
            foreach (TRecord record in others)
            {
                model.Step(state, record);
            }
            Classification<TLabel> streamed = model.GetClassification(state)!.Value;
            foreach (TLabel label in TModel.Labels)
            {
                Assert.Equal(expected.Probability(label), found.Probability(label));
                Assert.Equal(expected.Probability(label), streamed.Probability(label));
            }
            // Where they are read, they must be labels.
            Assert.Throws<RecordException>(() => model.Evaluate(others));
        }
    }

    [Fact]
    public void A_key_that_a_saved_state_cannot_hold_is_refused_when_the_state_is_created()
    {
        WordClassifier model = WordClassifier.Create(1);
        string longest = new('k', 1 << 20);
        SeriesStateCollection<WordClassifier> states = model.CreateSeriesStates(), loaded = model.CreateSeriesStates();
        model.Step(states[longest], new(longest, 1, null));
        using var file = new MemoryStream();
        states.Save(file);
        file.Position = 0;
        loaded.Load(file);
        Assert.Equal(1, loaded[longest].TokenCount);
        Assert.Contains(
            "The key has 1048577 characters, and a saved state holds one of at most 1048576",
            Assert.Throws<ArgumentException>(() => model.CreateSeriesState(longest + "k")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => states[longest + "k"]);
        Assert.Single(states);
    }

    [Fact]
    public void The_given_records_are_trained_on_where_others_validate()
    {
        StrokePoint[] train = [.. Enumerable.Range(1, 9).SelectMany(static i => Stroke(i))];
        StrokePoint[] validation = [.. Enumerable.Range(1, 6).SelectMany(static i => Stroke(i))];
        ClassificationReport report = StrokeClassifier.Create(1).Fit(
            train, new() { Training = new() { Epochs = 1 } }, validation);
        Assert.Equal((9, 6L), (report.Sequences, report.Validation!.Count));
        Assert.Null(StrokeClassifier.Create(1).Fit(
            train, new() { ValidationFraction = 0, Training = new() { Epochs = 1 } }).Validation);
    }

    [Fact]
    public void The_fraction_for_validation_is_drawn_of_each_label_by_the_seed()
    {
        var layout = new ClassificationLayout(Columns(), hasTime: true, StrokeClassifier.Description);
        StrokePoint[] records = [.. Enumerable.Range(0, 60).Where(static i => i % 3 != 2 || i < 3).SelectMany(static i => Stroke(i))];
        LabelledSequences all = LabelledSequences.Of(
            layout, RecordSequence.Read<StrokePoint, StrokeClassifier>(records, layout), ["Flat", "Rising", "Falling"], out int unlabelled);
        // 20 of two labels, of which every tenth has none; a single one of the third.
        Assert.Equal((37, 4), (all.Count, unlabelled));
        (LabelledSequences first, LabelledSequences second) = all.Divide(0.25, 3);
        Assert.Equal([14, 14, 1], Counts(first).Order().Reverse());
        Assert.Equal([4, 4, 0], Counts(second).Order().Reverse());
        Assert.Equal(Keys(second), Keys(all.Divide(0.25, 3).Second));
        Assert.NotEqual(Keys(second), Keys(all.Divide(0.25, 4).Second));

        static IEnumerable<int> Counts(LabelledSequences data) =>
            Enumerable.Range(0, 3).Select(l => Enumerable.Range(0, data.Count).Count(i => data.Label(i) == l));

        static float[] Keys(LabelledSequences data)
        {
            float[] firsts = new float[data.Count];
            for (int i = 0; i < firsts.Length; i++)
            {
                float[] token = new float[data.TokenWidth];
                data.ReadTokens(i, 0, token);
                firsts[i] = token[0];
            }
            return firsts;
        }
    }

    [Fact]
    public void Mistakes_in_records_are_named_and_leave_the_state_as_it_was()
    {
        StrokeClassifier model = StrokeClassifier.Create(1);
        StrokePoint[] stroke = [.. Stroke(4)];
        Reject(
            () => model.Evaluate([.. stroke[..3], stroke[3] with { Shape = Shape.Flat }]),
            "has Flat as Shape, but one before it has Rising");
        Reject(() => model.Evaluate([.. stroke, null!]), "is null");
        Reject(() => model.Evaluate([stroke[2], stroke[1]]), "(number 2) lies before the record before it");
        Reject(() => model.Evaluate([stroke[2] with { Height = double.PositiveInfinity }]), "of the series '4' at 2025-03-20");
        Reject(() => model.Evaluate([stroke[2] with { Shape = (Shape)6 }]), "is none of its 3 categories");
        Assert.Throws<ArgumentException>(() => model.Evaluate(stroke.Select(static p => p with { Shape = null })));
        Assert.Throws<ArgumentException>(() => model.Fit(Stroke(4)));
        Assert.Throws<ArgumentException>(() => model.Classify(stroke.Concat(Stroke(5))));
        Assert.Throws<ArgumentException>(() => model.Classify([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Fit(stroke, new() { ValidationFraction = 1 }));

        SeriesState<StrokeClassifier> state = model.CreateSeriesState("4");
        Assert.Null(model.GetClassification(state));
        Assert.Null(state.LastTime);
        Classification<Shape> first = model.Step(state, stroke[1])!.Value;
        Reject(() => model.Step(state, stroke[0]), "lies before the record before it");
        Reject(() => model.Step(state, stroke[2] with { Stroke = 5 }), "'5' at 2025-03-20 00:00:06Z came to the state of the series '4'");
        Reject(() => model.Step(state, stroke[2] with { Height = 1e17 }), "from -1e15 to 1e15");
        Reject(() => model.Step(state, null!), "null");
        Assert.Equal(first.Confidence, model.GetClassification(state)!.Value.Confidence);
        Assert.Throws<ArgumentException>(() => first.Probability((Shape)99));
        Assert.Equal(1, state.TokenCount);
        model.Step(state, stroke[2]);
        Assert.Throws<InvalidOperationException>(() => first.Label);
        Assert.Throws<InvalidOperationException>(() => default(Classification<Shape>).Label);

        static void Reject(Action action, string message) =>
            Assert.Contains(message, Assert.Throws<RecordException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_goes_on_from_a_file_and_allocates_nothing()
    {
        StrokeClassifier model = StrokeClassifier.Create(1);
        StrokePoint[] stroke = [.. Stroke(4)];
        SeriesStateCollection<StrokeClassifier> states = model.CreateSeriesStates(), loaded = model.CreateSeriesStates();
        SeriesState<StrokeClassifier> copy = model.CreateSeriesState("4");
        foreach (StrokePoint point in stroke[..5])
        {
            model.Step(states["4"], point);
        }
        using var file = new MemoryStream();
        states.Save(file);
        file.Position = 0;
        loaded.Load(file);
        states["4"].CopyTo(copy);
        Assert.Equal(model.GetClassification(states["4"])!.Value.Confidence, model.GetClassification(loaded["4"])!.Value.Confidence);
        Assert.Equal(stroke[4].Time, loaded["4"].LastTime);
        foreach (SeriesState<StrokeClassifier> other in (SeriesState<StrokeClassifier>[])[loaded["4"], copy])
        {
            Assert.Throws<RecordException>(() => model.Step(other, stroke[3]));
            Assert.Equal(model.Step(Fresh(), stroke[5])!.Value.Confidence, model.Step(other, stroke[5])!.Value.Confidence);
        }
        SeriesState<StrokeClassifier> state = states["4"];
        double sum = 0;
        Assert.Equal(0, Allocations.Min(() =>
        {
            sum = 0;
            for (int i = 0; i < 300; i++)
            {
                sum += model.Step(state, stroke[9])!.Value.Probability(Shape.Flat);
            }
        }));
        Assert.InRange(sum, 1e-3, 300);
        copy.Reset();
        Assert.Equal((0, null), (copy.TokenCount, copy.LastTime));

        SeriesState<StrokeClassifier> Fresh()
        {
            SeriesState<StrokeClassifier> fresh = model.CreateSeriesState("4");
            foreach (StrokePoint point in stroke[..5])
            {
                model.Step(fresh, point);
            }
            return fresh;
        }
    }

    [Fact]
    public void Labels_are_of_any_type_and_patches_have_none_between_their_ends()
    {
        Assert.Equal(["one", "a \"two\""], WordClassifier.Labels);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], CountClassifier.Labels);
        Assert.Equal([false, true], QualityClassifier.Labels);
        WordClassifier words = WordClassifier.Create(1);
        SeriesState<WordClassifier> state = words.CreateSeriesState("0");
        Spoken[] spoken = [.. Words(0, 7)];
        for (int i = 0; i < spoken.Length; i++)
        {
            Assert.Equal(i >= 2 && i % 2 == 0, words.Step(state, spoken[i]) is not null);
        }
        Assert.Equal(words.Classify(spoken).Confidence, words.GetClassification(state)!.Value.Confidence);
        Assert.Null(state.LastTime);
        RecordException e = Assert.Throws<RecordException>(() => words.Classify(Words(0, 2)));
        Assert.Contains("2 records, fewer than a patch of 3", e.Message, StringComparison.Ordinal);
        // The label is that of its record, whatever the length; records have no time to be named by.
        ClassificationReport report = words.Fit(
            Enumerable.Range(0, 20).SelectMany(static i => Words(i, 3 + i)),
            new() { Training = new() { Epochs = 20, LearningRate = 1e-2 } });
        Assert.Equal(1, report.Validation!.Accuracy);
        e = Assert.Throws<RecordException>(() => words.Evaluate([new("0", 1, "three")]));
        Assert.Equal("Word of a record of the series '0' is 'three', which is none of its 2 categories; declare it, or leave the record "
            + "out.", e.Message);

        CountClassifier counts = CountClassifier.Create(1);
        counts.Fit(
            Enumerable.Range(0, 40).Select(static i => new Counted($"{i}", i % 4, (byte)(i % 4 + 2))),
            new() { Training = new() { Epochs = 30, BatchSize = 4, LearningRate = 1e-2 } });
        Assert.Equal(5, counts.Classify([new("x", 3, 0)]).Label);
        Assert.True(QualityClassifier.Create(1).Classify([new("x", 3, true)]).Probability(true) > 0);
    }

    [Fact]
    public void A_sequence_longer_than_a_chunk_is_classified_as_it_is_streamed()
    {
        WordClassifier words = WordClassifier.Create(1);
        SeriesState<WordClassifier> state = words.CreateSeriesState("0");
        Spoken[] spoken = [.. Words(0, 2500)];
        foreach (Spoken one in spoken)
        {
            words.Step(state, one);
        }
        Assert.Equal(words.GetClassification(state)!.Value.Confidence, words.Classify(spoken).Confidence);
    }

    private static IEnumerable<Spoken> Words(int key, int count) => Enumerable.Range(0, count).Select(i => new Spoken(
        key.ToString(CultureInfo.InvariantCulture), (key % 2 == 0 ? 1 : -1) * (1 + i % 3),
        i > 0 ? null : key % 2 == 0 ? "one" : "a \"two\""));

    /// <summary>A stroke of 10 points and more, whose label is known in nine cases of ten, by some of its points.</summary>
    internal static IEnumerable<StrokePoint> Stroke(int number)
    {
        var random = new Random(number);
        double slope = (number % 3) - 1, height = random.NextDouble() * 4;
        for (int i = 0; i < 10 + number % 5; i++)
        {
            height += 2 * slope + random.NextDouble() - 0.5;
            yield return new()
            {
                Stroke = number, Time = Begin.AddSeconds(3 * i), Height = i % 4 == 3 ? null : height,
                IsPressed = i % 3 == 0 ? null : i % 2 == 0,
                Shape = number % 10 == 0 || i % 2 == 1 ? null : slope switch { < 0 => Shape.Falling, 0 => Shape.Rising, _ => Shape.Flat },
            };
        }
    }

    private static IReadOnlyList<RecordColumn> Columns() =>
    [
        new("Height", RecordRole.Observed, Aggregation.Mean), new("IsPressed", RecordRole.Category, Aggregation.Last, 3, true),
        new("Shape", RecordRole.Label, Aggregation.Last, 3),
    ];
}
