using AarenGen.Kernels;

namespace AarenGen.Training;

/// <summary>
/// The order of a training: batches of shuffled sequences, and each batch chunk by chunk. A step takes the same-numbered chunk of all
/// sequences of its batch that have one. All of it follows from the seed and the step's number, so that resuming needs no state of a
/// generator.
/// </summary>
internal sealed class StepOrder
{
    private readonly int[] chunks, order;
    private readonly long[] keys;
    private readonly int batchSize, seed;
    private readonly bool isEven;

    /// <summary>For the first epochs the number of the steps before, as far as it was asked for.</summary>
    private readonly List<long> before = [0];
    private int epoch, first, count;
    private long stepInEpoch, stepsOfEpoch;

    /// <param name="chunks">For each sequence the number of its chunks.</param>
    /// <param name="batchSize">Sequences of a batch, at most all.</param>
    /// <param name="seed">Decides the order.</param>
    public StepOrder(int[] chunks, int batchSize, int seed)
    {
        this.chunks = chunks;
        this.batchSize = batchSize;
        this.seed = seed;
        order = new int[chunks.Length];
        keys = new long[batchSize];
        isEven = chunks.AsSpan().IndexOfAnyExcept(chunks[0]) < 0;
        StepsOfFirstEpoch = StepsOf(0);
        BeginEpoch(0);
    }

    /// <summary>Steps of the first epoch: of all, unless the sequences have different numbers of chunks.</summary>
    public long StepsOfFirstEpoch { get; }

    /// <summary>The chunk of the next step.</summary>
    public int Chunk { get; private set; }

    /// <summary>The sequences of the next step, those with the most chunks first.</summary>
    public ReadOnlyMemory<int> Sequences => order.AsMemory(first, count);

    /// <summary>Whether a sequence of the next step has another chunk.</summary>
    public bool HasNextChunk => chunks[order[first]] > Chunk + 1;

    /// <summary>Whether the next step is the first of an epoch.</summary>
    public bool IsEpochStart => stepInEpoch == 0;

    /// <summary>
    /// The number of the next step, from 1, if every epoch had as many steps as the first: what the learning rate follows.
    /// </summary>
    public long ScheduledStep => epoch * StepsOfFirstEpoch + (stepInEpoch + 1) * StepsOfFirstEpoch / stepsOfEpoch;

    /// <summary>The number of all steps, if the epochs after the current one have as many as the first.</summary>
    public long StepsOfAll(int epochs) =>
        epoch >= epochs ? StepsBefore(epochs) : StepsBefore(epoch) + stepsOfEpoch + (epochs - epoch - 1) * StepsOfFirstEpoch;

    /// <summary>The number of steps before an epoch, from 0.</summary>
    public long StepsBefore(int epoch)
    {
        if (isEven)
        {
            return epoch * StepsOfFirstEpoch;
        }
        while (before.Count <= epoch)
        {
            before.Add(before[^1] + StepsOf(before.Count - 1));
        }
        return before[epoch];
    }

    /// <summary>Goes to a step of an epoch; false where the epoch has no such step.</summary>
    public bool TryMoveTo(int epoch, long step)
    {
        BeginEpoch(epoch);
        if (step < 0 || step >= stepsOfEpoch)
        {
            return false;
        }
        while (stepInEpoch < step)
        {
            Advance();
        }
        return true;
    }

    /// <summary>Goes to the step after the next one. Allocates nothing within an epoch.</summary>
    public void Advance()
    {
        stepInEpoch++;
        Chunk++;
        while (count > 0 && chunks[order[first + count - 1]] <= Chunk)
        {
            count--;
        }
        if (count > 0)
        {
            return;
        }
        if (stepInEpoch == stepsOfEpoch)
        {
            BeginEpoch(epoch + 1);
        }
        else
        {
            BeginBatch(first + batchSize);
        }
    }

    private void BeginEpoch(int number)
    {
        epoch = number;
        stepInEpoch = 0;
        Shuffle(order, number);
        stepsOfEpoch = isEven ? StepsOfFirstEpoch : StepsOf(order);
        BeginBatch(0);
    }

    private void BeginBatch(int start)
    {
        first = start;
        count = Math.Min(batchSize, order.Length - start);
        Chunk = 0;
        if (isEven)
        {
            return;
        }
        Span<long> sorted = keys.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            // The place among equals, so that their order stays.
            sorted[i] = ((long)(int.MaxValue - chunks[order[start + i]]) << 32) | (uint)i;
        }
        sorted.Sort(order.AsSpan(start, count));
    }

    private long StepsOf(int number)
    {
        if (isEven)
        {
            return (1 + (order.Length - 1) / batchSize) * (long)chunks[0];
        }
        var shuffled = new int[order.Length];
        Shuffle(shuffled, number);
        return StepsOf(shuffled);
    }

    private long StepsOf(ReadOnlySpan<int> shuffled)
    {
        long steps = 0;
        for (int start = 0; start < shuffled.Length; start += batchSize)
        {
            int largest = 0;
            foreach (int sequence in shuffled.Slice(start, Math.Min(batchSize, shuffled.Length - start)))
            {
                largest = Math.Max(largest, chunks[sequence]);
            }
            steps += largest;
        }
        return steps;
    }

    private void Shuffle(int[] sequences, int number)
    {
        for (int i = 0; i < sequences.Length; i++)
        {
            sequences[i] = i;
        }
        new RandomSource(RandomSource.Hash((uint)seed + 0x5EEDUL, (ulong)number)).Shuffle(sequences);
    }
}
