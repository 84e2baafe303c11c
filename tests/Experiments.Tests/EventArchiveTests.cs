using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Experiments.Tests;

/// <summary>Events in the forms in which neural point processes publish them: NumPy's archives and pickles.</summary>
public sealed class EventArchiveTests : TemporaryFolder
{
    // Written by NumPy 1.24: np.save of an object array of [0.5, 1.5, 2.0] and [1.0, 4.0], and of an array and a list of marks.
    private const string PickledTimes =
        "gANjbnVtcHkuY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAGNudW1weQpuZGFycmF5CnEBSwCFcQJDAWJxA4dxBFJxBShLAUsChXEGY2"
        + "51bXB5CmR0eXBlCnEHWAIAAABPOHEIiYiHcQlScQooSwNYAQAAAHxxC05OTkr/////Sv////9LP3RxDGKJXXENKGgAaAFLAIVxDmgDh3EPUnEQ"
        + "KEsBSwOFcRFoB1gCAAAAZjhxEomIh3ETUnEUKEsDWAEAAAA8cRVOTk5K/////0r/////SwB0cRZiiUMYAAAAAAAA4D8AAAAAAAD4PwAAAAAAAA"
        + "BAcRd0cRhiaABoAUsAhXEZaAOHcRpScRsoSwFLAoVxHGgUiUMQAAAAAAAA8D8AAAAAAAAQQHEddHEeYmV0cR9iLg==";

    private const string PickledMarks =
        "gANjbnVtcHkuY29yZS5tdWx0aWFycmF5Cl9yZWNvbnN0cnVjdApxAGNudW1weQpuZGFycmF5CnEBSwCFcQJDAWJxA4dxBFJxBShLAUsChXEGY2"
        + "51bXB5CmR0eXBlCnEHWAIAAABPOHEIiYiHcQlScQooSwNYAQAAAHxxC05OTkr/////Sv////9LP3RxDGKJXXENKGgAaAFLAIVxDmgDh3EPUnEQ"
        + "KEsBSwOFcRFoB1gCAAAAaTRxEomIh3ETUnEUKEsDWAEAAAA8cRVOTk5K/////0r/////SwB0cRZiiUMMAAAAAAEAAAAAAAAAcRd0cRhiXXEZKE"
        + "sCSwFlZXRxGmIu";

    // Written by pickle.dumps of {'dim_process': 4, 'train': [[{...}, {...}], [{...}]], 'dev': [], 'test': []}, protocols 0, 2 and 4.
    private const string Protocol0 =
        "KGRwMApWZGltX3Byb2Nlc3MKcDEKSTQKc1Z0cmFpbgpwMgoobHAzCihscDQKKGRwNQpWdGltZV9zaW5jZV9zdGFydApwNgpGMC41CnNWdGltZV"
        + "9zaW5jZV9sYXN0X2V2ZW50CnA3CkYwLjUKc1Z0eXBlX2V2ZW50CnA4CkkzCnNhKGRwOQpnNgpGMS4yNQpzZzcKRjAuNzUKc2c4CmNudW1weS5j"
        + "b3JlLm11bHRpYXJyYXkKc2NhbGFyCnAxMAooY251bXB5CmR0eXBlCnAxMQooVmk4CnAxMgpJMDAKSTAxCnRwMTMKUnAxNAooSTMKVjwKcDE1Ck"
        + "5OTkktMQpJLTEKSTAKdHAxNgpiY19jb2RlY3MKZW5jb2RlCnAxNwooVgFcdTAwMDBcdTAwMDBcdTAwMDBcdTAwMDBcdTAwMDBcdTAwMDBcdTAw"
        + "MDAKcDE4ClZsYXRpbjEKcDE5CnRwMjAKUnAyMQp0cDIyClJwMjMKc2FhKGxwMjQKKGRwMjUKZzYKZzEwCihnMTEKKFZmOApwMjYKSTAwCkkwMQ"
        + "p0cDI3ClJwMjgKKEkzCmcxNQpOTk5JLTEKSS0xCkkwCnRwMjkKYmcxNwooVlx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMFx1"
        + "MDAwMEAKcDMwCmcxOQp0cDMxClJwMzIKdHAzMwpScDM0CnNnOApJMApzYWFzVmRldgpwMzUKKGxwMzYKc1Z0ZXN0CnAzNwoobHAzOApzLg==";

    private const string Protocol2 =
        "gAJ9cQAoWAsAAABkaW1fcHJvY2Vzc3EBSwRYBQAAAHRyYWlucQJdcQMoXXEEKH1xBShYEAAAAHRpbWVfc2luY2Vfc3RhcnRxBkc/4AAAAAAAAF"
        + "gVAAAAdGltZV9zaW5jZV9sYXN0X2V2ZW50cQdHP+AAAAAAAABYCgAAAHR5cGVfZXZlbnRxCEsDdX1xCShoBkc/9AAAAAAAAGgHRz/oAAAAAAAA"
        + "aAhjbnVtcHkuY29yZS5tdWx0aWFycmF5CnNjYWxhcgpxCmNudW1weQpkdHlwZQpxC1gCAAAAaThxDImIh3ENUnEOKEsDWAEAAAA8cQ9OTk5K//"
        + "///0r/////SwB0cRBiY19jb2RlY3MKZW5jb2RlCnERWAgAAAABAAAAAAAAAHESWAYAAABsYXRpbjFxE4ZxFFJxFYZxFlJxF3VlXXEYfXEZKGgG"
        + "aApoC1gCAAAAZjhxGomIh3EbUnEcKEsDaA9OTk5K/////0r/////SwB0cR1iaBFYCAAAAAAAAAAAAABAcR5oE4ZxH1JxIIZxIVJxImgISwB1YW"
        + "VYAwAAAGRldnEjXXEkWAQAAAB0ZXN0cSVdcSZ1Lg==";

    private const string Protocol4 =
        "gASVTAEAAAAAAAB9lCiMC2RpbV9wcm9jZXNzlEsEjAV0cmFpbpRdlChdlCh9lCiMEHRpbWVfc2luY2Vfc3RhcnSURz/gAAAAAAAAjBV0aW1lX3"
        + "NpbmNlX2xhc3RfZXZlbnSURz/gAAAAAAAAjAp0eXBlX2V2ZW50lEsDdX2UKGgGRz/0AAAAAAAAaAdHP+gAAAAAAABoCIwVbnVtcHkuY29yZS5t"
        + "dWx0aWFycmF5lIwGc2NhbGFylJOUjAVudW1weZSMBWR0eXBllJOUjAJpOJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiQwgBAAAAAA"
        + "AAAJSGlFKUdWVdlH2UKGgGaAxoD4wCZjiUiYiHlFKUKEsDaBNOTk5K/////0r/////SwB0lGJDCAAAAAAAAABAlIaUUpRoCEsAdWFljANkZXaU"
        + "XZSMBHRlc3SUXZR1Lg==";

    // {"sequences": [...]} with lists and big-endian floats, protocol 4; with arrays in protocol 5.
    private const string Sequences4 =
        "gASVGAEAAAAAAAB9lCiMCXNlcXVlbmNlc5RdlCh9lCiMDWFycml2YWxfdGltZXOUXZQoRz/JmZmZmZmaR0ASAAAAAAAAR0AiMzMzMzMzZYwFbW"
        + "Fya3OUXZQoSwFLAEsEZYwFdF9lbmSUR0AkAAAAAAAAdX2UKGgEjBVudW1weS5jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51"
        + "bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChLAUsChZRoDYwFZHR5cGWUk5SMAmY0lImIh5RSlChLA4wBPpROTk5K/////0r/////SwB0lG"
        + "KJQwhAAAAAQEAAAJR0lGJoBl2UKEsESwNldWWMCW51bV9tYXJrc5RLBXUu";

    private const string Sequences5 =
        "gAWV8AAAAAAAAAB9lIwJc2VxdWVuY2VzlF2UfZQojA1hcnJpdmFsX3RpbWVzlIwSbnVtcHkuY29yZS5udW1lcmljlIwLX2Zyb21idWZmZXKUk5"
        + "QolhAAAAAAAAAAAAAAAAAAAEAAAAAAAAAIQJSMBW51bXB5lIwFZHR5cGWUk5SMAmY4lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGJL"
        + "AoWUjAFDlHSUUpSMBW1hcmtzlGgHKJYCAAAAAAAAAAQDlGgLjAJ1MZSJiIeUUpQoSwOMAXyUTk5OSv////9K/////0sAdJRiSwKFlGgSdJRSlH"
        + "Vhcy4=";

    [Theory]
    [InlineData("<f8", false)]
    [InlineData(">f8", false)]
    [InlineData("<f4", true)]
    public void Padded_matrices_are_cut_by_their_masks(string type, bool isFortran)
    {
        string path = WriteArchive("wiki.npz",
            ("times", Array(type, isFortran, [2, 3], [0.5, 1.5, 2, 1, 4, 0])),
            ("marks", Array("<i8", false, [2, 3], [7, 8, 7, 9, 7, 0])),
            ("masks", Array("|b1", false, [2, 3], [1, 1, 1, 1, 1, 0])));
        EventSequence[] sequences = EventArchive.ReadNumpy(path);
        Assert.Equal([[0.5, 1.5, 2], [1, 4]], sequences.Select(static s => s.Times));
        Assert.Equal([[7, 8, 7], [9, 7]], sequences.Select(static s => s.Marks!));
    }

    [Fact]
    public void Intervals_are_added_and_lengths_cut()
    {
        string path = WriteArchive("taxi.npz",
            ("delta_times", Array("<f8", false, [2, 3, 1], [0.5, 1, 0.5, 1, 3, 0])), ("lengths", Array("<i4", false, [2], [3, 2])));
        EventSequence[] sequences = EventArchive.ReadNumpy(path);
        Assert.Equal([[0.5, 1.5, 2], [1, 4]], sequences.Select(static s => s.Times));
        Assert.All(sequences, static s => Assert.Null(s.Marks));
    }

    [Fact]
    public void Arrays_of_arrays_are_read()
    {
        string path = WriteArchive("reddit.npz",
            ("arrival_times", Objects(PickledTimes)), ("marks", Objects(PickledMarks)), ("t_end", Array("<f8", false, [], [9])));
        EventSequence[] sequences = EventArchive.ReadNumpy(path);
        Assert.Equal([[0.5, 1.5, 2], [1, 4]], sequences.Select(static s => s.Times));
        Assert.Equal([[0, 1, 0], [2, 1]], sequences.Select(static s => s.Marks!));
    }

    [Theory]
    [InlineData(Protocol0)]
    [InlineData(Protocol2)]
    [InlineData(Protocol4)]
    public void Pickles_of_lists_of_events_are_read(string pickle)
    {
        EventParts parts = EventArchive.ReadPickle(WriteBytes("train.pkl", Convert.FromBase64String(pickle)));
        Assert.Equal([[0.5, 1.25], [2]], parts.Train.Select(static s => s.Times));
        Assert.Equal([[3, 1], [0]], parts.Train.Select(static s => s.Marks!));
        Assert.Empty(parts.Validation!);
        Assert.Empty(parts.Test!);
    }

    [Fact]
    public void Pickles_of_sequences_are_read_also_within_an_archive()
    {
        byte[] pickle = Convert.FromBase64String(Sequences4);
        string plain = WriteBytes("mooc.pkl", pickle), packed = WriteArchive("torch.pkl", ("archive/data.pkl", pickle));
        foreach (string path in (string[])[plain, packed])
        {
            EventParts parts = EventArchive.ReadPickle(path);
            Assert.Equal([[0.2, 4.5, 9.1], [2, 3]], parts.Train.Select(static s => s.Times));
            Assert.Equal([[1, 0, 4], [4, 3]], parts.Train.Select(static s => s.Marks!));
            Assert.Null(parts.Test);
        }
        EventSequence only = Assert.Single(EventArchive.ReadPickle(WriteBytes("five.pkl", Convert.FromBase64String(Sequences5))).Train);
        Assert.Equal([2.0, 3], only.Times);
        Assert.Equal([4, 3], only.Marks!);
    }

    [Theory]
    [InlineData("cposix\nsystem\n(S'true'\ntR.", "the pickle names 'posix.system', which is not carried out")]
    [InlineData("cbuiltins\neval\n(S'1'\ntR.", "'builtins.eval'")]
    [InlineData("cnumpy\nload\n.", "'numpy.load'")]
    [InlineData("(inumpy\nndarray\n.", "operation 0x69 at byte 1")]
    [InlineData("\u0080\u0004]\u0081.", "operation 0x81")]
    [InlineData("(lp0\nI1\na.", "it has neither lists of events")]
    [InlineData("]q\0h\0a.", "it has neither lists of events")]
    [InlineData("h\u0007.", "the pickle is damaged")]
    [InlineData("]", "the pickle ends too early")]
    [InlineData("X\u00ff\u00ff\u00ff\u007fa.", "the pickle ends too early")]
    [InlineData("", "the pickle ends too early")]
    [InlineData("(dp0\nS'train'\n(lp1\n(lp2\nI5\nasa.", "the pickle is damaged")]
    [InlineData("(dp0\nS'train'\n(lp1\n(lp2\nI5\naas.", "sequence 1 of 'train' is no list of events")]
    public void Pickles_of_anything_else_are_rejected(string pickle, string expected)
    {
        string path = WriteBytes("bad.pkl", Encoding.Latin1.GetBytes(pickle));
        TableException error = Assert.Throws<TableException>(() => EventArchive.ReadPickle(path));
        Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void An_array_that_is_not_needed_may_hold_anything()
    {
        string path = WriteArchive("extra.npz",
            ("times", Array("<f8", false, [1, 2], [1, 2])), ("class_names", Npy("<U8", false, "3,", new byte[96])), ("notes", [1, 2, 3]));
        Assert.Equal([1.0, 2], Assert.Single(EventArchive.ReadNumpy(path)).Times);
    }

    [Fact]
    public void Elements_of_a_file_are_limited()
    {
        var budget = new ElementBudget();
        budget.Spend(ElementBudget.MaxElements);
        Assert.Contains("more than 200000000 numbers", Assert.Throws<InvalidDataException>(() => budget.Spend(1)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_archives_are_one_line_with_the_file()
    {
        byte[] times = Array("<f8", false, [2, 2], [1, 2, 3, 4]), marks = Array("<f8", false, [2, 2], [0, 1, 0.5, 1]);
        Check([("x", times)], "it has no array of times");
        Check([], "but none");
        Check([("times", times), ("marks", marks)], "mark 1 of sequence 2 is 0.5");
        Check([("times", times), ("marks", Array("<i4", false, [1, 2], [0, 1]))], "marks of 1 sequences, but times of 2");
        Check([("times", times), ("marks", Array("<i4", false, [2, 1], [0, 1]))], "sequence 1 has 1 marks, but 2 times");
        Check([("times", Array("<f8", false, [2, 2], [1, 0, 3, 4]))], "time 2 of sequence 1, 0, lies before");
        Check([("times", Array("<f8", false, [1, 2], [1, double.NaN]))], "time 2 of sequence 1 is NaN");
        Check([("times", times), ("masks", Array("|b1", false, [2, 1], [1, 1]))], "masks have another shape");
        Check([("times", times), ("lengths", Array("<i4", false, [2], [3, 1]))], "lengths do not fit");
        Check([("times", Array("<f8", false, [4], [1, 2, 3, 4]))], "an array has the shape (4)");
        Check([("times", times[..^1])], "array 'times': an array of 4 elements of 8 bytes has 31 bytes");
        Check([("times", times[..20])], "the array ends too early");
        Check([("times", [1, 2, 3])], "this is no array of NumPy's");
        Check([("times", Npy("<c16", false, "2, 2", new byte[64]))], "the type '<c16', which are no numbers");
        Check([("times", Npy("<f8", false, "2000000, 2000000", []))], "has more than");
        string ones = string.Concat(Enumerable.Repeat("1, ", 3000));
        Check([("times", Npy("<f8", true, ones, new byte[8]))], "has 3000 dimensions, more than 64");
        Check([("times", Objects(PickledTimes)), ("lengths", Objects(PickledTimes))], "something other than numbers");
        Check([("times", Npy("|O", false, "3,", Convert.FromBase64String(PickledTimes)))], "objects do not have its shape");
        Check([("times", Npy("|O", false, "2,", "cposix\nsystem\n."u8.ToArray()))], "'posix.system'");

        string text = Write("text.npz", "not an archive");
        Assert.StartsWith($"{text}: ", Assert.Throws<TableException>(() => EventArchive.ReadNumpy(text)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file",
            Assert.Throws<TableException>(() => EventArchive.ReadNumpy(At("none.npz"))).Message, StringComparison.Ordinal);

        void Check((string, byte[])[] arrays, string expected)
        {
            string path = WriteArchive("bad.npz", arrays);
            TableException error = Assert.Throws<TableException>(() => EventArchive.ReadNumpy(path));
            Assert.StartsWith($"{path}: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Fact]
    public void Damaged_files_are_read_or_rejected_and_nothing_else()
    {
        var random = new Random(7);
        string archive = WriteArchive("seed.npz",
            ("times", Array("<f8", false, [2, 2], [1, 2, 3, 4])), ("marks", Array("<i4", false, [2, 2], [1, 2, 3, 4])),
            ("arrival_times", Objects(PickledTimes)));
        byte[][] pickles = [.. ((string[])[Protocol0, Protocol2, Protocol4, Sequences4, Sequences5]).Select(Convert.FromBase64String)];
        byte[][] arrays = [Array(">f4", true, [2, 2], [1, 2, 3, 4]), Objects(PickledTimes), Objects(PickledMarks)];
        int rejected = 0;
        for (int i = 0; i < 800; i++)
        {
            Try(() => EventArchive.ReadPickle(WriteBytes("one.pkl", Damaged(pickles[i % pickles.Length]))));
            // Behind the checksum of the archive, too.
            Try(() => EventArchive.ReadNumpy(WriteArchive("one.npz", ("times", Damaged(arrays[i % arrays.Length])))));
            Try(() => EventArchive.ReadNumpy(WriteBytes("two.npz", Damaged(File.ReadAllBytes(archive)))));
        }
        Assert.InRange(rejected, 800, 2400);

        byte[] Damaged(byte[] bytes)
        {
            List<byte> damaged = [.. bytes];
            for (int change = random.Next(1, 4); change > 0 && damaged.Count > 0; change--)
            {
                int place = random.Next(damaged.Count);
                switch (random.Next(4))
                {
                    case 0: damaged[place] = (byte)random.Next(256); break;
                    case 1: damaged[place] ^= (byte)(1 << random.Next(8)); break;
                    case 2: damaged.RemoveRange(place, random.Next(damaged.Count - place)); break;
                    default: damaged.InsertRange(place, damaged.GetRange(place, random.Next(Math.Min(40, damaged.Count - place)))); break;
                }
            }
            return [.. damaged];
        }

        void Try(Action read)
        {
            try
            {
                read();
            }
            catch (TableException)
            {
                rejected++;
            }
        }
    }

    [Fact]
    public void Parts_follow_the_publishers()
    {
        byte[] times = Array("<f8", false, [10, 2], [.. Enumerable.Range(0, 20).Select(static i => (double)i)]);
        string path = WriteArchive("so.npz", ("times", times));
        Assert.Equal((6, 2, 2), Sizes(EventData.OfArchive(path, "units", "SO")));
        Assert.Equal((7, 1, 2), Sizes(EventData.OfArchive(path, "units", "SO", (7, 1))));
        Assert.Equal("SO", EventData.OfArchive(path, "units", "SO").Identity.Name);
        string pickle = WriteBytes("t.pkl", Convert.FromBase64String(Protocol4));
        Assert.Equal((2, 2, 2), Sizes(EventData.OfPickles(pickle, pickle, pickle, "days", "MIMIC")));

        static (int, int, int) Sizes(EventData data) => (data.Split.Train.Length, data.Split.Validation.Length, data.Split.Test.Length);
    }

    private string WriteArchive(string name, params (string Name, byte[] Bytes)[] arrays)
    {
        using var archive = new ZipArchive(File.Create(At(name)), ZipArchiveMode.Create);
        foreach ((string entry, byte[] bytes) in arrays)
        {
            using Stream stream = archive.CreateEntry(entry.Contains('/', StringComparison.Ordinal) ? entry : entry + ".npy").Open();
            stream.Write(bytes);
        }
        return At(name);
    }

    private static byte[] Objects(string pickle) => Npy("|O", false, "2,", Convert.FromBase64String(pickle));

    /// <summary>An array as NumPy saves it, from its elements row by row.</summary>
    private static byte[] Array(string type, bool isFortran, int[] shape, double[] elements)
    {
        IEnumerable<double> stored = isFortran
            ? Enumerable.Range(0, shape[1]).SelectMany(c => Enumerable.Range(0, shape[0]).Select(r => elements[r * shape[1] + c]))
            : elements;
        byte[] bytes = [.. stored.SelectMany(element =>
        {
            byte[] number = type[1..] switch
            {
                "f8" => BitConverter.GetBytes(element),
                "f4" => BitConverter.GetBytes((float)element),
                "i8" => BitConverter.GetBytes((long)element),
                "i4" => BitConverter.GetBytes((int)element),
                _ => [(byte)element],
            };
            return type[0] == '>' ? number.Reverse() : number;
        })];
        string lengths = string.Join(", ", shape.Select(static l => l.ToString(CultureInfo.InvariantCulture)));
        return Npy(type, isFortran, shape.Length == 1 ? lengths + "," : lengths, bytes);
    }

    private static byte[] Npy(string type, bool isFortran, string shape, byte[] content)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {(isFortran ? "True" : "False")}, 'shape': ({shape}), }}\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. content];
    }
}
