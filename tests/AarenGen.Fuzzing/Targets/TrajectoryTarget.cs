using Control;
using Reporting;
using PureHDF;
using PureHDF.Filters;

namespace AarenGen.Fuzzing;

/// <summary>Logged episodes in HDF5.</summary>
internal sealed class TrajectoryTarget : FuzzTarget<TrajectorySet>
{
    private static readonly EnvironmentDescription environment = EnvironmentCatalog.Find("cartpole");

    public override string Name => "trajectories";

    public override IReadOnlyList<string> Words { get; } =
        [
            "observations", "actions", "rewards", "terminals", "timeouts", "TREE", "SNOD", "HEAP", "OHDR", "OCHK", "FRHP", "BTHD",
            "FSHD", "\u0089HDF\r\n\u001a\n",
        ];

    public override bool IsRefusal(Exception exception) => exception is UserException;

    public override IEnumerable<byte[]> Seeds(string folder)
    {
        string path = Path.Combine(folder, "seed.hdf5");
        int width = environment.ObservationWidth;
        TrajectoryFile.Write(path, new(width, environment.ActionWidth, [Episode(5, true), Episode(3, false)]));
        yield return File.ReadAllBytes(path);

        // As other programs write: in one piece, in chunks, of doubles, flags of other types, without time-outs.
        foreach (bool isChunked in (bool[])[false, true])
        {
            new H5File
            {
                ["observations"] = Data(new double[4 * width], isChunked ? [2, (uint)width] : null, 4, (ulong)width),
                ["actions"] = Data(new float[4 * environment.ActionWidth], null, 4, (ulong)environment.ActionWidth),
                ["rewards"] = Data<float>([1, 2, 3, 4], isChunked ? [2] : null, 4),
                ["terminals"] = Data<long>([0, 1, 0, 1], isChunked ? [2] : null, 4),
            }.Write(path);
            yield return File.ReadAllBytes(path);
        }
    }

    protected override TrajectorySet ReadFile(string path) => TrajectoryFile.Read(path, environment);

    protected override void Write(TrajectorySet value, string path) => TrajectoryFile.Write(path, value);

    protected override bool AreEqual(TrajectorySet first, TrajectorySet second) =>
        first.Episodes.Count == second.Episodes.Count && first.Episodes.Zip(second.Episodes).All(static p =>
            p.First.IsTerminal == p.Second.IsTerminal && p.First.Observations.AsSpan().SequenceEqual(p.Second.Observations)
            && p.First.Actions.AsSpan().SequenceEqual(p.Second.Actions) && p.First.Rewards.AsSpan().SequenceEqual(p.Second.Rewards));

    private static H5Dataset Data<T>(T[] values, uint[]? chunks, params ulong[] dimensions) => new(
        values, chunks: chunks, fileDims: dimensions,
        datasetCreation: chunks is null ? default : new(Filters: [ShuffleFilter.Id, DeflateFilter.Id]));

    private static Episode Episode(int steps, bool isTerminal) => new(
        [.. Enumerable.Range(0, steps * environment.ObservationWidth).Select(static i => i / 7f)],
        [.. Enumerable.Range(0, steps * environment.ActionWidth).Select(static i => i % 2 == 0 ? 1f : -1)],
        [.. Enumerable.Range(0, steps).Select(static i => (float)i)], isTerminal);
}
