// needs: rows
// A scan along time over all rows of a batch, cut into tiles whatever sequences they are of. A thread block takes a tile and does what it
// can by itself; then it takes over what the tile before it hands on, and hands on in its turn what is to go on to the next. Tiles are
// taken by a ticket, so that whoever is waited for has started. The chain goes from tile to tile, never further back: the order of sums,
// and so every bit, is the same however blocks run.
//
// Where a sequence begins, what came before is discarded by selection: a product with zero would let infinity and NaN through.

// How many thread blocks of this launch came before this one. The count is zero again once all have come, those without a tile included.
__device__ __forceinline__ int take_ticket(const Pass& pass)
{
    __shared__ int ticket;
    if (threadIdx.x == 0)
    {
        ticket = static_cast<int>(atomicInc(pass.tickets, gridDim.x - 1));
    }
    __syncthreads();
    return ticket;
}

// Which tokens of a tile are a sequence's first, as bits; one more says it of the token behind the tile. The end of the batch counts as
// one.
template <int length>
struct SequenceStarts
{
    static constexpr int words = length / 32 + 1;
    unsigned bits[words];

    __device__ __forceinline__ bool at(int t) const
    {
        return ((bits[t / 32] >> t % 32) & 1) != 0;
    }

    // Those of so many tokens from t on, a power of two up to 32, of which t is a multiple.
    __device__ __forceinline__ unsigned of_stretch(int t, int count) const
    {
        return (bits[t / 32] >> t % 32) & (0xffffffffu >> (32 - count));
    }

    // The last one before t; -1: there is none in this tile.
    __device__ __forceinline__ int last_before(int t) const
    {
        for (int word = t / 32; word >= 0; word--)
        {
            unsigned before = word == t / 32 ? bits[word] & ((1u << t % 32) - 1) : bits[word];
            if (before != 0)
            {
                return word * 32 + 31 - __clz(before);
            }
        }
        return -1;
    }

    // The first one from t on; the tile's length: there is none in this tile.
    __device__ __forceinline__ int first_from(int t) const
    {
        for (int word = t / 32; word < length / 32; word++)
        {
            unsigned after = word == t / 32 ? bits[word] & (0xffffffffu << t % 32) : bits[word];
            if (after != 0)
            {
                return word * 32 + __ffs(after) - 1;
            }
        }
        return length;
    }
};

// Some rows of the batch, and where sequences begin among them. All threads of the block make it together.
template <int length>
struct RowTile
{
    static_assert(length % 32 == 0, "bits of whole words");
    const SequenceStarts<length>& starts;
    int first, count;       // rows
    bool isBegun;           // its first token goes on with the sequence of the token before it
    bool goesOn;            // the token behind it goes on with the sequence of its last one

    __device__ __forceinline__ RowTile(const Pass& pass, int index, SequenceStarts<length>& memory) : starts(memory)
    {
        first = index * length;
        count = min(length, pass.settings->rows - first);
        if (threadIdx.x < 32)
        {
            int lane = threadIdx.x;
            if (lane < SequenceStarts<length>::words)
            {
                memory.bits[lane] = 0;
            }
            __syncwarp();
            int sequence = sequence_of(pass, first), sequences = pass.settings->sequences;
            if (lane == 0 && first_row(pass, sequence) == first)
            {
                atomicOr(&memory.bits[0], 1u);
            }
            for (sequence += lane; sequence < sequences; sequence += 32)
            {
                int end = pass.ends[sequence] - first;
                if (end > length)
                {
                    break;
                }
                atomicOr(&memory.bits[end / 32], 1u << end % 32);
            }
        }
        __syncthreads();
        isBegun = !memory.at(0);
        goesOn = !memory.at(count);
    }
};

// What blocks hand on: each number in words of 64 bits, one for 32 bits of it, whose upper half says that it has come. A word is written
// and read as a whole, so that no fence has to stand between a number and the news of it. What is handed on has one reader, in the same
// launch, who clears it for the next. Words: how many a block hands on, one or two a number, as it is a float or a double.
template <int words>
__device__ __forceinline__ ulong64* carries_of(const Pass& pass, int tile, int part, int parts)
{
    return pass.carries + (static_cast<long long>(tile) * parts + part) * words;
}

__device__ __forceinline__ ulong64 bits_of(float value)
{
    return __float_as_uint(value);
}

__device__ __forceinline__ ulong64 bits_of(double value)
{
    return static_cast<ulong64>(__double_as_longlong(value));
}

__device__ __forceinline__ void from_bits(ulong64 bits, float& value)
{
    value = __uint_as_float(static_cast<unsigned>(bits));
}

__device__ __forceinline__ void from_bits(ulong64 bits, double& value)
{
    value = __longlong_as_double(static_cast<long long>(bits));
}

template <class T, int count>
__device__ __forceinline__ void hand_on(ulong64* to, const T (&values)[count])
{
    constexpr int words = sizeof(T) / 4;
    volatile ulong64* place = to;
#pragma unroll
    for (int i = 0; i < count * words; i++)
    {
        place[i] = (1ull << 32) | ((bits_of(values[i / words]) >> (32 * (i % words))) & 0xffffffffull);
    }
}

template <class T, int count>
__device__ __forceinline__ void take_over(ulong64* from, T (&values)[count])
{
    constexpr int words = sizeof(T) / 4;
    volatile ulong64* place = from;
    ulong64 read[count * words];
    for (;;)
    {
        bool haveCome = true;
#pragma unroll
        for (int i = 0; i < count * words; i++)
        {
            read[i] = place[i];
            haveCome = haveCome && read[i] >> 32 != 0;
        }
        if (haveCome)
        {
            break;
        }
        __nanosleep(32);
    }
#pragma unroll
    for (int i = 0; i < count; i++)
    {
        ulong64 bits = 0;
#pragma unroll
        for (int word = 0; word < words; word++)
        {
            place[i * words + word] = 0;
            bits |= (read[i * words + word] & 0xffffffffull) << (32 * word);
        }
        from_bits(bits, values[i]);
    }
}
