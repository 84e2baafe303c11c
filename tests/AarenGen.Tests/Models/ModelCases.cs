namespace AarenGen.Tests.Models;

/// <summary>
/// Every test model, once. Suites take what they check from here, so that a new test model is a class and a line. ModelCaseTests finds a
/// class that has no line.
/// </summary>
internal static class ModelCases
{
    private const string SameKernels = "The host prepares samples, so that the kernels are those of other test models.";

    public static IReadOnlyList<ModelCase> All { get; } =
    [
        .. GoldenModelCases.All,

        // Inputs, tokens, heads and losses.
        new ModelCase<PatchedChannels>(),
        new ModelCase<PrefixNormalized>(),
        new ModelCase<PatchedFeatures>(),
        new ModelCase<SomeSamples> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SomeChannels> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<ManyChannels>(),
        new ModelCase<JoinedInputs>(),
        new ModelCase<SummedInputs>(),
        new ModelCase<LargeTable>(),
        new ModelCase<InterleavedTimes>(),
        new ModelCase<LearnedPositions> { HasDropout = true },
        new ModelCase<SeveralHeads>(),
        new ModelCase<TwoLosses> { Batches = [[7, 12]] },
        new ModelCase<LastToken>(),
        new ModelCase<DroppedOut> { HasDropout = true },
        new ModelCase<HeadsAlone>(),
        new ModelCase<NormalizedQuantiles>(),
        new ModelCase<NormalizedGaussian>(),
        new ModelCase<NormalizedStudentT>(),
        new ModelCase<PlainStudentT>(),
        new ModelCase<Events>(),
        new ModelCase<Classifier>(),
        new ModelCase<PatchClassifier>(),
        new ModelCase<Decisions>(),
        new ModelCase<DecisionsInTime>(),

        // Models that standardise, and what they are compared with.
        new ModelCase<Standardized> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<NotStandardized> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StandardizedHeads> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<NotStandardizedHeads> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StandardizedPatches> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StandardizedCovariates>(),
        new ModelCase<NotStandardizedCovariates> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PatchedCovariates> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StandardizedDecisions> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StandardizedTargets> { Without = { [Suite.Device] = SameKernels } },

        // Models that are derived from records.
        new ModelCase<DerivedForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<KindsForecaster>(),
        new ModelCase<QuantileForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PointForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<LoadForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PulseForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PatchedForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<ChannelForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<QuantileMeters> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<GaussianMeters> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PointMeters> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<IndicatingMeters> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<MeterForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SaleForecaster> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<StrokeClassifier> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<WordClassifier> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<DigitClassifier> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<CountClassifier> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<QualityClassifier> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<IndicatingStrokes> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<VisitModel> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<TickModel> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<IndicatingVisits> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<BurstModel> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<LeverPolicy> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PushPolicy> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<DerivedPolicy> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<WrittenPolicy> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<WalkPolicy> { Without = { [Suite.Device] = SameKernels } },

        // Models whose tokens may lack values.
        new ModelCase<CarriesForward> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<IndicatesMissing>(),
        new ModelCase<MissingBesides>(),
        new ModelCase<MissingInSums>(),
        new ModelCase<MissingInChannels>(),
        new ModelCase<CarriedInChannels> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<CarriedInPatches> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<MissingInPatches> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<MissingInInstances>(),
        new ModelCase<CarriedInInstances> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<MissingInTurn>(),
        new ModelCase<SixColumns> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<PrefixNormalizedWithoutPositions> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<LinearWithIndicators> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<LinearPlain> { Without = { [Suite.Device] = SameKernels } },

        // Models that know series.
        new ModelCase<SeriesByMean> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SeriesByQuartiles> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SeriesInPatches> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SeriesInTurn> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<SeriesWithGaps> { Without = { [Suite.Device] = SameKernels } },
        new ModelCase<ManySeries> { Without = { [Suite.Device] = SameKernels } },

        // Layers, and widths at the edges of tiles and thread blocks.
        new ModelCase<EveryLayer> { HasDropout = true, Batches = [[9, 40, 1]] },
        new ModelCase<NormsAndActivations> { Batches = [[9, 40]] },
        new ModelCase<OneWideHead> { Batches = [[5, 20], [200, 56, 150]] },
        new ModelCase<OddWideHead> { Batches = [[65, 200]] },
        new ModelCase<NarrowHeads> { Batches = [[70, 3], [700, 1, 127, 128, 129, 5, 900]] },
        new ModelCase<Recurrences> { HasDropout = true },
        new ModelCase<Convolutions> { HasDropout = true, Batches = [[1, 2, 3, 40, 1, 1], [15, 16, 17, 200]] },
        new ModelCase<ScannedConvolutions>(),
        new ModelCase<WideProducts>(),
        new ModelCase<WideForgetting> { Batches = [[1], [3, 130, 1, 127, 129], [400]] },
        new ModelCase<ScannedForgetting>(),
        new ModelCase<Attentions> { HasDropout = true },
        new ModelCase<WideAttention>(),
        new ModelCase<OddAttention>(),
        new ModelCase<CarriedTokens>
        {
            Kernels = KernelListing.Carrying, Without = { [Suite.Device] = "DeviceCarryTests checks it, whole and in chunks." },
        },
        new ModelCase<CarriedChannels>
        {
            Kernels = KernelListing.Carrying, Without = { [Suite.Device] = "DeviceCarryTests checks it, whole and in chunks." },
        },
        new ModelCase<NormalizedOnLoad>(),
        new ModelCase<NormalizedInMemory>(),
        new ModelCase<NormalizedWide>(),
        new ModelCase<Wide>(),
        new ModelCase<Tiny>(),
        new ModelCase<NotEmbedded>(),
        new ModelCase<NextValues> { Without = { [Suite.Device] = "Its layers are those of ScannedForgetting." } },
    ];

    /// <summary>The names of the models that a suite checks.</summary>
    public static IEnumerable<string> NamesOf(Suite suite) => All.Where(c => !c.Without.ContainsKey(suite)).Select(static c => c.Name);

    /// <summary>All golden files, without the suffix of rounded arithmetic.</summary>
    public static IEnumerable<string> GoldenFiles => All.SelectMany(static c => c.Golden);

    /// <summary>Whether a class is a model, with a task or without.</summary>
    public static bool IsModel(Type type)
    {
        for (Type? parent = type.BaseType; parent is not null; parent = parent.BaseType)
        {
            if (parent.IsGenericType && parent.GetGenericTypeDefinition() == typeof(SequenceModel<>))
            {
                return true;
            }
        }
        return false;
    }

    public static ModelCase Named(string name) => All.Single(c => c.Name == name);

    /// <summary>The case whose results a golden file holds.</summary>
    public static ModelCase OfGolden(string file) => All.Single(c => c.Golden.Contains(file));
}
