namespace Experiments;

/// <summary>The 38 data sets of the paper (Feng et al., Attention as an RNN, arXiv 2405.13956, section 4).</summary>
internal static class PaperCatalog
{
    private const string MetaTpp = "https://github.com/BorealisAI/meta-tpp, the data sets' link in its README",
        Library = "https://huggingface.co/datasets/thuml/Time-Series-Library",
        Ett = "https://github.com/zhouhaoyi/ETDataset, folder ETT-small";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PaperDataset> All { get; } =
    [
        // Scores of Decision Transformer: Chen et al., arXiv 2106.01345, table 2; on Ant: Jiang et al., Efficient Planning in a Compact
        // Latent Action Space, as github.com/ZhengyaoJiang/latentplan lists them (plotting/scores.py).
        Logged("HalfCheetah", "halfcheetah", "medium", 42.6),
        Logged("HalfCheetah", "halfcheetah", "medium-replay", 36.6),
        Logged("HalfCheetah", "halfcheetah", "medium-expert", 86.8),
        Logged("Ant", "ant", "medium", 94.2),
        Logged("Ant", "ant", "medium-replay", 88.7),
        Logged("Ant", "ant", "medium-expert", 122.3),
        Logged("Hopper", "hopper", "medium", 67.6),
        Logged("Hopper", "hopper", "medium-replay", 82.7),
        Logged("Hopper", "hopper", "medium-expert", 107.6),
        Logged("Walker", "walker2d", "medium", 74.0),
        Logged("Walker", "walker2d", "medium-replay", 66.6),
        Logged("Walker", "walker2d", "medium-expert", 108.1),

        Stream("MIMIC", ["mimic", "mimic2", "mimicii", "datamimic"], "data_mimic/fold1/{train,dev,test}.pkl, mimic.npz",
            "https://github.com/SimiaoZuo/Transformer-Hawkes-Process, the data sets' link in its README"),
        Stream("Wiki", ["wiki", "wikipedia"], "wiki.npz", MetaTpp),
        Stream("Reddit", ["reddit"], "reddit.npz", MetaTpp),
        Stream("Mooc", ["mooc"], "mooc.npz", MetaTpp),
        Stream(
            "StackOverflow", ["stackoverflow", "sofold1", "dataso"], "so_fold1.npz, StackOverflow/{time,event}-K-test.txt", MetaTpp) with
        {
            // meta-tpp's tpp_dataset.py divides this one by numbers of sequences.
            Parts = (4777, 530),
        },
        Stream("Sin", ["sin"], "sin.npz", MetaTpp),
        Stream("Uber", ["uber", "uberdrop"], "uber_drop.npz", MetaTpp),
        Stream("Taxi", ["taxi", "taxitimesjanfeb"], "taxi_times_jan_feb.npz, taxi.txt", MetaTpp),

        Labelled("EthanolConcentration"),
        Labelled("FaceDetection"),
        Labelled("Handwriting"),
        Labelled("Heartbeat"),
        Labelled("JapaneseVowels"),
        Labelled("PEMS-SF"),
        Labelled("SelfRegulationSCP1"),
        Labelled("SelfRegulationSCP2"),
        Labelled("SpokenArabicDigits"),
        Labelled("UWaveGestureLibrary"),

        Series("Weather", "weather", Library),
        Series("Exchange", "exchange_rate", Library),
        Series("Traffic", "traffic", Library),
        Series("ECL", "electricity", Library, "ecl"),
        Series("ETTh1", "ETTh1", Ett),
        Series("ETTh2", "ETTh2", Ett),
        Series("ETTm1", "ETTm1", Ett),
        Series("ETTm2", "ETTm2", Ett),
    ];

    private static PaperDataset Logged(string name, string environment, string set, double decisionTransformer)
    {
        string file = $"{environment}_{set.Replace('-', '_')}-v2.hdf5";
        // D4RL's version 0 calls the search's own trajectories mixed.
        string[] sets = set == "medium-replay" ? [set, "mixed"] : [set];
        return new(
            PaperSetting.Control, $"{name} {set}", [.. sets.Select(s => PaperDataset.Normalize(environment + s))], file,
            $"http://rail.eecs.berkeley.edu/datasets/offline_rl/gym_mujoco_v2/{file}")
        {
            Environment = environment,
            Published =
            [
                new(environment == "ant" ? "as published: Decision Transformer (Jiang et al.)"
                    : "as published: Decision Transformer (Chen et al.)",
                    new("normalised score", decisionTransformer, HigherIsBetter: true)),
            ],
        };
    }

    private static PaperDataset Stream(string name, string[] names, string files, string place) =>
        new(PaperSetting.Events, name, names, files, place);

    private static PaperDataset Labelled(string name) => new(
        PaperSetting.Classification, name, [PaperDataset.Normalize(name)], $"{name}_TRAIN.ts and {name}_TEST.ts",
        $"https://www.timeseriesclassification.com/description.php?Dataset={name}");

    private static PaperDataset Series(string name, string stem, string place, params string[] others) => new(
        PaperSetting.Forecasting, name, [PaperDataset.Normalize(stem), .. others], $"{stem}.csv", place);
}
