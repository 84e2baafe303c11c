// needs: rows
// A chained scan along time over all rows of a batch, in tiles of rows whatever sequences they belong to. A thread block computes what its
// tile alone determines, consumes the carry of the tile before, and publishes the carry for the tile behind. Where a sequence begins in the
// tile, its carry does not depend on the tile before and is published first: a chain of waits spans a sequence, not the batch. Tiles are
// taken by a dynamic tile index, so that the block waited for has already started. The carry goes from each tile to the next only: the
// order of additions, and so every bit, is the same in whatever order thread blocks run.
//
// Where a sequence begins, the carry is discarded by selection: a product with zero would let infinity and NaN through.

// The dynamic tile index: the number of thread blocks of this launch that came before this one. The counter is zero again once all have
// come, those without a tile included.
__device__ __forceinline__ int take_tile_index(const Pass& pass)
{
    __shared__ int taken;
    if (threadIdx.x == 0)
    {
        taken = static_cast<int>(atomicInc(pass.tileCounter, gridDim.x - 1));
    }
    __syncthreads();
    return taken;
}

// One bit for each token of a tile that begins a sequence, and one for the token behind the tile. The end of the batch counts as a
// beginning.
template <int length>
struct SequenceStarts
{
    static constexpr int words = length / 32 + 1;
    unsigned bits[words];

    __device__ __forceinline__ bool at(int t) const
    {
        return ((bits[t / 32] >> t % 32) & 1) != 0;
    }

    // The bits of a chunk of count tokens from t on. Count is a power of two up to 32, and t a multiple of it.
    __device__ __forceinline__ unsigned of_chunk(int t, int count) const
    {
        return (bits[t / 32] >> t % 32) & (0xffffffffu >> (32 - count));
    }

    // The last beginning before t; -1 where the tile has none.
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

    // The first beginning from t on; the tile's length where it has none.
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

// A tile of rows, and where sequences begin in it. All threads of the block construct it together.
template <int length>
struct RowTile
{
    static_assert(length % 32 == 0, "bits of whole words");
    const SequenceStarts<length>& starts;
    int first, count;       // rows
    bool isBegun;           // its first token continues the sequence of the token before it
    bool goesOn;            // the token behind it continues the sequence of its last one

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

// The carries that thread blocks publish. Each value takes a 64-bit word for 32 bits of it, whose upper half says that it is published: a
// word is read and written as a whole, so no fence separates a value from its flag. A carry has one reader, in the same launch, who clears
// it for the next launch. Words: those that a block publishes, one for a float and two for a double.
template <int words>
__device__ __forceinline__ ulong64* carries_of(const Pass& pass, int tile, int part, int parts)
{
    return pass.carries + (static_cast<long long>(tile) * parts + part) * words;
}

// A word is accessed as a whole, in no order with others, by threads of one device: volatile would order it with the whole system.
__device__ __forceinline__ void store_relaxed(ulong64* to, ulong64 word)
{
#ifdef AARENGEN_EMULATOR
    *static_cast<volatile ulong64*>(to) = word;
#else
    asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" :: "l"(__cvta_generic_to_global(to)), "l"(word));
#endif
}

__device__ __forceinline__ ulong64 load_relaxed(const ulong64* from)
{
#ifdef AARENGEN_EMULATOR
    return *static_cast<const volatile ulong64*>(from);
#else
    ulong64 word;
    asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(word) : "l"(__cvta_generic_to_global(from)));
    return word;
#endif
}

// The bits of a carry. At: the first of a value's words.
template <int words>
struct CarryWords
{
    unsigned bits[words];

    __device__ __forceinline__ void set(int at, float value)
    {
        bits[at] = __float_as_uint(value);
    }

    __device__ __forceinline__ void set(int at, double value)
    {
        const ulong64 all = static_cast<ulong64>(__double_as_longlong(value));
        bits[at] = static_cast<unsigned>(all);
        bits[at + 1] = static_cast<unsigned>(all >> 32);
    }

    __device__ __forceinline__ float as_float(int at) const
    {
        return __uint_as_float(bits[at]);
    }

    __device__ __forceinline__ double as_double(int at) const
    {
        return __longlong_as_double(static_cast<long long>(static_cast<ulong64>(bits[at + 1]) << 32 | bits[at]));
    }
};

template <int words>
__device__ __forceinline__ void publish_carry(
    ulong64* to, // [words]
    const CarryWords<words>& carry)
{
#pragma unroll
    for (int i = 0; i < words; i++)
    {
        store_relaxed(to + i, (1ull << 32) | carry.bits[i]);
    }
}

// Waits until all words are published, which are polled together.
template <int words>
__device__ __forceinline__ CarryWords<words> consume_carry(
    ulong64* from) // [words]
{
    CarryWords<words> carry;
    for (;;)
    {
        bool arePublished = true;
#pragma unroll
        for (int i = 0; i < words; i++)
        {
            const ulong64 word = load_relaxed(from + i);
            carry.bits[i] = static_cast<unsigned>(word);
            arePublished = arePublished && word >> 32 != 0;
        }
        if (arePublished)
        {
            break;
        }
        __nanosleep(32);
    }
#pragma unroll
    for (int i = 0; i < words; i++)
    {
        store_relaxed(from + i, 0);
    }
    return carry;
}
