// needs: instructions
// Matrix multiplications of wide rows: a block of 256 threads accumulates a tile of 128 by 128. Of each operand a stage has 64 bytes of the
// inner dimension: 16 floats or 32 numbers in bfloat16. Three stages are in shared memory, of which two are on their way.

constexpr int wide_tile = 128, wide_stages = 3, stage_line = 64, stage_bytes = wide_tile * stage_line;

// Stages of two operands: all that a block may have without asking. Afterwards half of a tile's accumulators.
struct WideGemmMemory
{
    alignas(128) unsigned char stages[wide_stages][2][stage_bytes];
};

// The elements of operands in shared memory: those of the arithmetic.
template <int cores>
struct StageElement
{
    typedef float type;
};

#if TENSOR_CORES == 2
template <>
struct StageElement<2>
{
    typedef operand_t type;
};
#endif

// Where 16 bytes of a row lie in a stage. Exclusive or spreads what a warp reads at once over all banks.
__device__ __forceinline__ int k_contiguous_place(int row, int chunk)
{
    return row * stage_line + (chunk ^ (row / 2 & 3)) * 16;
}

template <class T>
__device__ __forceinline__ int mn_contiguous_place(int k, int chunk)
{
    return k * wide_tile * static_cast<int>(sizeof(T)) + (chunk ^ (sizeof(T) == 2 ? k & 7 : 2 * (k & 3))) * 16;
}

// Copies 16 bytes of a row to a stage, zeros where the row has ended. Count: elements that are left of it, a multiple of as many as are
// copied. The copy is asynchronous.
template <class T>
__device__ __forceinline__ void stage_chunk(
    unsigned char* to, // 16 bytes, in shared memory
    const T* from,     // 16 bytes
    int count)
{
    if (count > 0)
    {
        copy_async_16(to, from);
    }
    else
    {
        *reinterpret_cast<uint4*>(to) = make_uint4(0, 0, 0, 0);
    }
}

#if TENSOR_CORES == 2
// The same of floats, which are rounded on their way. Count is a multiple of four.
__device__ __forceinline__ void stage_rounded_chunk(
    unsigned char* to, // 16 bytes, in shared memory
    const float* from, // [8]
    int count)
{
    float4 low = count > 0 ? load4(from) : zero4(), high = count > 4 ? load4(from + 4) : zero4();
    *reinterpret_cast<uint4*>(to)
        = make_uint4(pack_bf16(low.x, low.y), pack_bf16(low.z, low.w), pack_bf16(high.x, high.y), pack_bf16(high.z, high.w));
}
#endif

template <class T, class Source>
__device__ __forceinline__ void stage_chunk_as(
    unsigned char* to,  // 16 bytes, in shared memory
    const Source* from, // 16 bytes of T
    int count)
{
    if constexpr (sizeof(T) == sizeof(Source))
    {
        stage_chunk(to, from, count);
    }
#if TENSOR_CORES == 2
    else
    {
        stage_rounded_chunk(to, from, count);
    }
#endif
}

// Elements of the inner dimension in a stage, and in what a thread copies at once.
template <class T>
constexpr int stage_depth = stage_line / sizeof(T);
template <class T>
constexpr int chunk_elements = 16 / sizeof(T);

// Copies that a thread has on their way: those of floats that are rounded take registers.
template <class T, class Source>
constexpr int copies_at_once = sizeof(T) == sizeof(Source) ? 2 : 1;

// An operand whose rows lie along the tile and whose columns lie along the inner dimension.
template <int stride, class Source>
struct WideKContiguous
{
    static constexpr bool is_k_contiguous = true;
    const Source* data; // [rows, stride]
    int rows;           // rows there are
    int inner;          // columns there are, a multiple of four

    // What a thread copies: 16 bytes of two rows, stage after stage.
    template <class T>
    struct Copies
    {
        const Source* from;
        int place, rows, columns;   // in a stage; that are left

        __device__ __forceinline__ Copies(const WideKContiguous& operand, int first, int k, int thread)
        {
            int row = thread / 4, column = k + thread % 4 * chunk_elements<T>;
            from = operand.data + static_cast<long long>(first + row) * stride + column;
            place = k_contiguous_place(row, thread % 4);
            rows = operand.rows - first - row;
            columns = operand.inner - column;
        }

        __device__ __forceinline__ void stage(
            unsigned char* shared) // [stage_bytes]
        {
#pragma unroll (copies_at_once<T, Source>)
            for (int i = 0; i < 2; i++)
            {
                stage_chunk_as<T>(
                    shared + place + i * stage_bytes / 2, from + i * (wide_tile / 2) * stride, rows > i * wide_tile / 2 ? columns : 0);
            }
            from += stage_depth<T>;
            columns -= stage_depth<T>;
        }
    };
};

// An operand whose rows lie along the inner dimension and whose columns lie along the tile.
template <int stride, class Source>
struct WideMnContiguous
{
    static constexpr bool is_k_contiguous = false;
    const Source* data; // [rows, stride]
    int columns;        // columns there are, a multiple of four
    int inner;          // the row after the last

    // The same: what a thread copies.
    template <class T>
    struct Copies
    {
        const Source* from;
        int place, rows, columns;

        __device__ __forceinline__ Copies(const WideMnContiguous& operand, int first, int k, int thread)
        {
            constexpr int chunks = wide_tile / chunk_elements<T>;
            int row = thread / chunks, column = first + thread % chunks * chunk_elements<T>;
            from = operand.data + static_cast<long long>(k + row) * stride + column;
            place = mn_contiguous_place<T>(row, thread % chunks);
            rows = operand.inner - k - row;
            columns = operand.columns - column;
        }

        __device__ __forceinline__ void stage(
            unsigned char* shared) // [stage_bytes]
        {
            constexpr int half = stage_depth<T> / 2;
#pragma unroll (copies_at_once<T, Source>)
            for (int i = 0; i < 2; i++)
            {
                stage_chunk_as<T>(shared + place + i * stage_bytes / 2, from + i * half * stride, rows > i * half ? columns : 0);
            }
            from += stage_depth<T> * stride;
            rows -= stage_depth<T>;
        }
    };
};

// One element of an operand, at a place along the tile.
template <class Operand, class T>
__device__ __forceinline__ const T& stage_at(
    const unsigned char* shared, // [stage_bytes]
    int place, int k)
{
    constexpr int elements = 16 / sizeof(T);
    int at = Operand::is_k_contiguous ? k_contiguous_place(place, k / elements) : mn_contiguous_place<T>(k, place / elements);
    int within = Operand::is_k_contiguous ? k % elements : place % elements;
    return reinterpret_cast<const T*>(shared + at)[within];
}

// The accumulators of a thread: 8 by 8 of the tile, or those that the layout of tensor cores assigns to it: 4 by 4 times 16 rows by 8
// columns of a warp's 64 by 32.
struct WideAccumulators
{
    float values[16][4];
};

__device__ __forceinline__ void clear(WideAccumulators& accumulators)
{
#pragma unroll
    for (int i = 0; i < 16; i++)
    {
        for (int j = 0; j < 4; j++)
        {
            accumulators.values[i][j] = 0;
        }
    }
}

// The i-th of the eight rows (or columns) of a thread, of 16 threads.
template <bool is_k_contiguous>
__device__ __forceinline__ int wide_place_of(int thread, int i)
{
    return is_k_contiguous ? thread + 16 * i : 4 * thread + i % 4 + i / 4 * 64;
}

// Half of a thread's places by two of the inner dimension.
template <class Operand>
__device__ __forceinline__ void load_wide_block(
    float (&block)[4][2],
    const unsigned char* shared, // [stage_bytes]
    int thread, int half, int k)
{
    if (Operand::is_k_contiguous)
    {
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            float2 v = *reinterpret_cast<const float2*>(&stage_at<Operand, float>(shared, wide_place_of<true>(thread, 4 * half + i), k));
            block[i][0] = v.x, block[i][1] = v.y;
        }
    }
    else
    {
#pragma unroll
        for (int i = 0; i < 2; i++)
        {
            float4 v = load4(&stage_at<Operand, float>(shared, wide_place_of<false>(thread, 4 * half), k + i));
            block[0][i] = v.x, block[1][i] = v.y, block[2][i] = v.z, block[3][i] = v.w;
        }
    }
}

// A stage in float32.
template <class A, class B>
__device__ __forceinline__ void multiply_wide_stage(
    WideAccumulators& accumulators,
    const unsigned char* a, // [stage_bytes]
    const unsigned char* b, // [stage_bytes]
    int thread)
{
    int row = thread / 16, column = thread % 16;
#pragma unroll 1
    for (int k = 0; k < stage_depth<float>; k += 2)
    {
        float left[2][4][2];
        load_wide_block<A>(left[0], a, row, 0, k);
        load_wide_block<A>(left[1], a, row, 1, k);
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            float right[4][2];
            load_wide_block<B>(right, b, column, half, k);
#pragma unroll
            for (int inner = 0; inner < 2; inner++)
            {
#pragma unroll
                for (int i = 0; i < 8; i++)
                {
#pragma unroll
                    for (int j = 0; j < 4; j++)
                    {
                        accumulators.values[2 * i + half][j] += left[i / 4][i % 4][inner] * right[j][inner];
                    }
                }
            }
        }
    }
}

#if TENSOR_CORES
// Where a thread's accumulators begin in the tile.
__device__ __forceinline__ int warp_row(int thread)
{
    return thread / 32 % 2 * 64;
}

__device__ __forceinline__ int warp_column(int thread)
{
    return thread / 64 * 32;
}

// A stage in float32 with the layout of tensor cores, where the inner dimension is short.
template <class A, class B>
__device__ __forceinline__ void multiply_short_stage(
    WideAccumulators& accumulators,
    const unsigned char* a, // [stage_bytes]
    const unsigned char* b, // [stage_bytes]
    int length, int thread)
{
    int row = warp_row(thread) + thread % 32 / 4, column = warp_column(thread) + 2 * (thread % 4);
#pragma unroll 1
    for (int k = 0; k < length; k++)
    {
        float right[8];
#pragma unroll
        for (int j = 0; j < 8; j++)
        {
            right[j] = stage_at<B, float>(b, column + j / 2 * 8 + j % 2, k);
        }
#pragma unroll
        for (int i = 0; i < 8; i++)
        {
            float left = stage_at<A, float>(a, row + 8 * i, k);
#pragma unroll
            for (int j = 0; j < 8; j++)
            {
                accumulators.values[i / 2 * 4 + j / 2][i % 2 * 2 + j % 2] += left * right[j];
            }
        }
    }
}

// Fragments of 16 places by 32 bytes of the inner dimension: of the first operand one, of the second two of 8 places.
template <class Operand, class T, bool is_first>
__device__ __forceinline__ void load_fragments(
    unsigned (&fragments)[4],
    const unsigned char* shared, // [stage_bytes]
    int place, int step, int lane)
{
    // Which of four matrices a lane names a row of: its half along the tile and its half along the inner dimension.
    int across = is_first ? lane / 8 % 2 : lane / 16, inner = is_first ? lane / 16 : lane / 8 % 2;
    if constexpr (Operand::is_k_contiguous)
    {
        load_matrices(fragments, shared + k_contiguous_place(place + across * 8 + lane % 8, 2 * step + inner));
    }
    else if constexpr (sizeof(T) == 2)
    {
        load_matrices_transposed(fragments, shared + mn_contiguous_place<T>(step * 16 + inner * 8 + lane % 8, place / 8 + across));
    }
    else
    {
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            // The place without its warp's begins at a multiple of 8, so that all fragments share four offsets.
            int chunk = (place % 32 + 8 * (is_first ? i % 2 : i / 2)) / 4, k = step * 8 + 4 * (is_first ? i / 2 : i % 2) + lane % 4;
            fragments[i] = reinterpret_cast<const unsigned*>(
                shared + k * wide_tile * 4 + place / 32 * 128 + (chunk ^ 2 * (lane % 4)) * 16 + lane / 16 * 16)[lane / 4 % 4];
        }
    }
    if constexpr (sizeof(T) == 4)
    {
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            fragments[i] = round_tf32(__uint_as_float(fragments[i]));
        }
    }
}

// A stage on tensor cores: a warp takes 64 rows by 32 columns.
template <class A, class B, class T>
__device__ __forceinline__ void multiply_wide_stage_on_cores(
    WideAccumulators& accumulators,
    const unsigned char* a, // [stage_bytes]
    const unsigned char* b, // [stage_bytes]
    int thread)
{
    int row = warp_row(thread), column = warp_column(thread), lane = thread % 32;
    // In bfloat16 both steps, so that the loads of one overlap with the products of the other; TF32 has no registers left for that.
#pragma unroll (sizeof(T) == 2 ? 2 : 1)
    for (int step = 0; step < 2; step++)
    {
        unsigned right[2][4];
#pragma unroll
        for (int j = 0; j < 2; j++)
        {
            load_fragments<B, T, false>(right[j], b, column + 16 * j, step, lane);
        }
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            unsigned left[4];
            load_fragments<A, T, true>(left, a, row + 16 * i, step, lane);
#pragma unroll
            for (int j = 0; j < 4; j++)
            {
                unsigned pair[2] = {right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1]};
#if TENSOR_CORES == 1
                mma_tf32_16x8x8(accumulators.values[4 * i + j], left, pair);
#else
                mma_bf16_16x8x16(accumulators.values[4 * i + j], left, pair);
#endif
            }
        }
    }
}
#endif

// accumulators += a b over the inner dimension from one index to another, in float32 (cores 0) or on tensor cores. Layout: the arithmetic
// whose layout the accumulators have.
template <int cores, int layout, class A, class B, class Stage>
__device__ __forceinline__ void accumulate_wide(
    WideAccumulators& accumulators, const A& a, const B& b, int row, int column, int from, int to, WideGemmMemory& memory,
    const Stage& afterStage)
{
    typedef typename StageElement<cores>::type T;
    constexpr int depth = stage_depth<T>;
    const int thread = fresh_thread();
    typename A::template Copies<T> left(a, row, from, thread);
    typename B::template Copies<T> right(b, column, from, thread);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < wide_stages - 1; i++)
    {
        if (from + i * depth < to)
        {
            left.stage(memory.stages[i][0]);
            right.stage(memory.stages[i][1]);
        }
        copy_async_commit();
    }
    int slot = 0;
    // An iteration is long enough: unrolled, the kernels of several maps would exceed the instruction cache.
#pragma unroll 1
    for (int at = from; at < to; at += depth)
    {
        copy_async_wait<wide_stages - 2>();
        // Here all have finished the stage before this one, whose place the next takes.
        __syncthreads();
        int free = slot == 0 ? wide_stages - 1 : slot - 1;
        if (at + (wide_stages - 1) * depth < to)
        {
            left.stage(memory.stages[free][0]);
            right.stage(memory.stages[free][1]);
        }
        copy_async_commit();
        const unsigned char* own = memory.stages[slot][0];
        if constexpr (layout == 0)
        {
            multiply_wide_stage<A, B>(accumulators, own, own + stage_bytes, thread);
        }
#if TENSOR_CORES
        else if constexpr (cores == 0)
        {
            multiply_short_stage<A, B>(accumulators, own, own + stage_bytes, min(depth, to - at), thread);
        }
        else
        {
            multiply_wide_stage_on_cores<A, B, T>(accumulators, own, own + stage_bytes, thread);
        }
#endif
        afterStage(own, thread);
        slot = slot == wide_stages - 1 ? 0 : slot + 1;
    }
    copy_async_wait<0>();
}

// Does nothing after a stage.
struct NoSums
{
    __device__ __forceinline__ void operator()(const unsigned char*, int) const
    {
    }
};

// Adds up the columns of the first operand over the inner dimension, a thread a column of the tile.
template <class A, class T>
struct ColumnSums
{
    float& sum;

    __device__ __forceinline__ void operator()(const unsigned char* stage, int thread) const
    {
        if (thread < wide_tile)
        {
#pragma unroll
            for (int k = 0; k < stage_depth<T>; k++)
            {
                sum += value_of(stage_at<A, T>(stage, thread, k));
            }
        }
    }
};

// The stride of half a tile's accumulators in shared memory, so that pairs of a warp fall into different banks.
constexpr int wide_accumulator_stride = wide_tile + 8;

// Stores the accumulators of one half of the tile's rows to shared memory.
template <int layout, bool is_a_k_contiguous, bool is_b_k_contiguous>
__device__ __forceinline__ void store_wide_accumulators(
    const WideAccumulators& accumulators,
    float* to, // [64, wide_accumulator_stride], in shared memory
    int half, int thread)
{
    if constexpr (layout == 0)
    {
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
#pragma unroll
            for (int j = 0; j < 8; j++)
            {
                to[(wide_place_of<is_a_k_contiguous>(thread / 16, 4 * half + i) - 64 * half) * wide_accumulator_stride
                    + wide_place_of<is_b_k_contiguous>(thread % 16, j)] = accumulators.values[2 * (4 * half + i) + j / 4][j % 4];
            }
        }
    }
#if TENSOR_CORES
    else if (warp_row(thread) == 64 * half)
    {
        float* own = to + thread % 32 / 4 * wide_accumulator_stride + warp_column(thread) + 2 * (thread % 4);
#pragma unroll
        for (int i = 0; i < 16; i++)
        {
            float* at = own + i / 4 * 16 * wide_accumulator_stride + i % 4 * 8;
            const float(&values)[4] = accumulators.values[i];
            *reinterpret_cast<float2*>(at) = make_float2(values[0], values[1]);
            *reinterpret_cast<float2*>(at + 8 * wide_accumulator_stride) = make_float2(values[2], values[3]);
        }
    }
#endif
}

// Calls a function of row, column and value for each float4 of the tile that is inside.
template <int layout, bool is_a_k_contiguous, bool is_b_k_contiguous, class Finish>
__device__ __forceinline__ void finish_wide_tile(
    const WideAccumulators& accumulators, int row, int rows, int column, int columns, WideGemmMemory& memory, const Finish& finish)
{
    static_assert(wide_tile / 2 * wide_accumulator_stride * sizeof(float) <= sizeof(memory.stages), "");
    float* values = reinterpret_cast<float*>(memory.stages[0][0]);
    const int thread = fresh_thread();
#pragma unroll
    for (int half = 0; half < 2; half++)
    {
        __syncthreads();
        store_wide_accumulators<layout, is_a_k_contiguous, is_b_k_contiguous>(accumulators, values, half, thread);
        __syncthreads();
        int r = row + 64 * half + thread / 32, c = column + 4 * (thread % 32);
#pragma unroll 1
        for (int i = thread / 32; i < 64; i += 8, r += 8)
        {
            if (r < rows && c < columns)
            {
                finish(r, c, load4(values + i * wide_accumulator_stride + c - column));
            }
        }
    }
}
