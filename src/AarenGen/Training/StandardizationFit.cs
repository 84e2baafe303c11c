namespace AarenGen.Training;

/// <summary>
/// Computes the statistics of <see cref="StandardizeAttribute"/> from training data, which it reads several times: a pass finds ranges, the
/// next means, the next deviations; medians and quartiles take four, or eight of very many columns. Memory does not depend on the data's
/// size.
/// </summary>
internal sealed class StandardizationFit
{
    /// <summary>The distance of the quartiles of a normal distribution, in standard deviations.</summary>
    private const double NormalQuartiles = 1.3489795003921634;

    /// <summary>Bytes of the counts with which quartiles are found; with more columns, these are coarser and take more passes.</summary>
    private const long LargestCounts = 1 << 26;

    private readonly ModelDescription description;
    private readonly Standardization method;
    private readonly int digitBits;
    private readonly StandardizedColumns[] columns;

    /// <summary>Of the columns that <see cref="columns"/> name, one after the other.</summary>
    private readonly ColumnFit[] tokens;

    /// <summary>Of all targets; null where they have no statistics of their own.</summary>
    private readonly ColumnFit?[] targets;

    /// <summary>Which targets are fitted: at most outputs, and at the last one of a sequence.</summary>
    private readonly bool[] targetsOfTokens, targetsOfSequences;
    private int pass;

    private StandardizationFit(ModelDescription description, StandardizationDescription standardization)
    {
        this.description = description;
        method = standardization.Method;
        columns = [.. standardization.Columns];
        targetsOfTokens = OwnTargets(static h => !h.IsPerSequence);
        targetsOfSequences = OwnTargets(static _ => true);
        int count = columns.Sum(static c => c.Count);
        digitBits = (count + targetsOfSequences.Count(static own => own)) * OrderStatistics.Bytes(8) <= LargestCounts ? 8 : 4;
        tokens = [.. Enumerable.Range(0, count).Select(_ => new ColumnFit(method, digitBits))];
        targets = [.. targetsOfSequences.Select(own => own ? new ColumnFit(method, digitBits) : null)];
    }

    /// <summary>Passes over the data.</summary>
    private int Passes => method switch
    {
        Standardization.MinMax => 1,
        Standardization.Mean => 3,
        _ => OrderStatistics.Passes(digitBits),
    };

    /// <summary>Reads data and computes the statistics of their tokens and targets.</summary>
    /// <param name="data">The training data, whose shape was checked.</param>
    /// <param name="name">The argument they came in.</param>
    /// <param name="samples">Samples that are read at once.</param>
    /// <exception cref="ArgumentException">A number in the data cannot be used; the message says where.</exception>
    public static StandardizationStatistics Run<TModel>(SequenceData data, string name, int samples)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var reader = new BatchReader<TModel>(samples) { Standardizer = Standardizer.ForAnyScale(description) };
        StandardizationStatistics all = Of(Enumerable.Range(0, data.Count), common: null);
        if (!description.IsPerSeries)
        {
            return all;
        }
        // One series after the other: each sequence is read as often as for all data, and memory is that of a single series.
        var series = new Dictionary<string, StandardizationStatistics>(StringComparer.Ordinal);
        foreach ((string key, List<int> sequences) in SequencesOf(data, name))
        {
            series[key] = Of(sequences, all);
        }
        return new(isFitted: true, [.. all.Tokens], [.. all.Targets], series);

        StandardizationStatistics Of(IEnumerable<int> sequences, StandardizationStatistics? common)
        {
            var fit = new StandardizationFit(description, description.Standardization!);
            for (; fit.pass < fit.Passes; fit.EndPass())
            {
                foreach (int i in sequences)
                {
                    reader.ReadUnscaled(data, i, name, fit);
                }
            }
            return fit.Build(common);
        }
    }

    /// <summary>The sequences of each series, in the order of the names, so that files do not depend on that of the data.</summary>
    private static SortedDictionary<string, List<int>> SequencesOf(SequenceData data, string name)
    {
        var sequences = new SortedDictionary<string, List<int>>(StringComparer.Ordinal);
        for (int i = 0; i < data.Count; i++)
        {
            if (data.GetSeries(i) is not { } key)
            {
                continue;
            }
            if (!sequences.TryGetValue(key, out List<int>? own))
            {
                if (!SeriesName.IsValid(key))
                {
                    throw SeriesName.Error(FormattableString.Invariant($"Sequence {i}: "), name);
                }
                sequences[key] = own = [];
            }
            own.Add(i);
        }
        return sequences;
    }

    /// <summary>Adds tokens of a sequence, the first of which is at a position of it.</summary>
    public void AddTokens(ReadOnlySpan<float> values, int position)
    {
        for (int row = 0; row * description.InputWidth < values.Length; row++)
        {
            ReadOnlySpan<float> token = values.Slice(row * description.InputWidth, description.InputWidth);
            int fitted = 0;
            foreach (StandardizedColumns own in columns)
            {
                for (int column = 0; column < own.Count && own.IsAt(position + row); column++)
                {
                    tokens[fitted + column].Add(token[own.First + column], pass);
                }
                fitted += own.Count;
            }
        }
    }

    /// <summary>Adds a target that counts.</summary>
    /// <param name="target">All its numbers.</param>
    /// <param name="isLast">Whether it is that of a sequence's last output, which heads for whole sequences have.</param>
    public void AddTarget(ReadOnlySpan<float> target, bool isLast)
    {
        bool[] own = isLast ? targetsOfSequences : targetsOfTokens;
        for (int column = 0; column < target.Length; column++)
        {
            if (own[column])
            {
                targets[column]!.Add(target[column], pass);
            }
        }
    }

    private void EndPass()
    {
        foreach (ColumnFit? column in tokens.Concat(targets))
        {
            column?.EndPass(pass);
        }
        pass++;
    }

    /// <param name="common">The statistics of all data, which take the place of those that a series lacks; null: these are they.</param>
    private StandardizationStatistics Build(StandardizationStatistics? common)
    {
        StandardizationStatistics none = common ?? StandardizationStatistics.None(description)!;
        ColumnScale[] ofTokens = [.. none.Tokens],
            ofTargets = [.. targets.Select((t, i) => t?.ScaleOr(none.Targets[i]) ?? ColumnScale.None)];
        int fitted = 0;
        foreach (StandardizedColumns own in columns)
        {
            for (int modality = 0; modality < description.ModalityCount; modality++)
            {
                for (int column = 0; column < own.Count && own.IsAt(modality); column++)
                {
                    ref ColumnScale scale = ref ofTokens[modality * description.InputWidth + own.First + column];
                    scale = tokens[fitted + column].ScaleOr(scale);
                }
            }
            fitted += own.Count;
        }
        StandardizationStatistics.RepeatTokens(description, ofTokens, ofTargets);
        return new(isFitted: true, ofTokens, ofTargets);
    }

    private bool[] OwnTargets(Func<HeadDescription, bool> isWanted)
    {
        bool[] own = StandardizationStatistics.StandardizedTargets(description);
        if (description.Tokens.Normalization != NormalizationSpan.None)
        {
            // They have the statistics of the columns that they repeat.
            own.AsSpan().Clear();
        }
        for (int channel = 0; channel < description.Tokens.Channels; channel++)
        {
            foreach (HeadDescription head in description.Heads.Where(h => !isWanted(h)))
            {
                own.AsSpan(channel * description.RowTargetWidth + head.TargetOffset, head.TargetWidth).Clear();
            }
        }
        return own;
    }

    /// <summary>The statistics of one column, of which missing values are no part.</summary>
    private sealed class ColumnFit(Standardization method, int digitBits)
    {
        private readonly OrderStatistics? order = method == Standardization.Robust ? new(digitBits) : null;
        private ColumnMoments moments;

        /// <summary>The statistics; where there is no value the other ones, and where they are constant the others' scale.</summary>
        public ColumnScale ScaleOr(ColumnScale other)
        {
            if (moments.IsEmpty)
            {
                return other;
            }
            (double center, double scale) = method switch
            {
                Standardization.Mean => (moments.Mean, moments.Deviation),
                Standardization.MinMax => ((moments.Smallest + moments.Largest) / 2, (moments.Largest - moments.Smallest) / 2),
                _ => Robust(order!.Quartiles),
            };
            return new(center, moments.IsConstant ? other.Scale : scale);
        }

        public void Add(float value, int pass)
        {
            if (float.IsNaN(value))
            {
                return;
            }
            switch (pass)
            {
                case 0:
                    moments.Widen(value);
                    break;
                case 1:
                    moments.AddToMean(value);
                    break;
                case 2:
                    moments.AddToSquares(value);
                    break;
            }
            order?.Add(value);
        }

        public void EndPass(int pass)
        {
            if (moments.IsEmpty)
            {
                return;
            }
            switch (pass)
            {
                case 0:
                    moments.ChooseScale();
                    break;
                case 1:
                    moments.EndMean();
                    break;
                case 2:
                    moments.EndDeviation();
                    break;
            }
            order?.EndPass();
        }

        private (double Center, double Scale) Robust((double Lower, double Median, double Upper) quartiles)
        {
            double distance = quartiles.Upper - quartiles.Lower;
            return (quartiles.Median, distance > 0 ? distance / NormalQuartiles : moments.Deviation);
        }
    }
}
