// needs: instructions
// Matrix multiplications: a block of 256 threads accumulates tiles of 64 by 64.

constexpr int tile = 64, depth = 32;

// The stride of an operand in shared memory: chosen so that the reads of a warp fall into different banks.
constexpr int k_contiguous_stride = TENSOR_CORES == 2 ? 40 : 36, mn_contiguous_stride = TENSOR_CORES == 2 ? 68 : 72;
constexpr int operand_floats = tile * k_contiguous_stride > depth * mn_contiguous_stride
    ? tile * k_contiguous_stride : depth * mn_contiguous_stride;

// The stride of tiles side by side that hold accumulators, which become an operand or are read row by row.
template <int tiles>
constexpr int accumulator_stride = tiles * tile + (TENSOR_CORES == 2 ? 8 : 4);

// Whether finish_tiles leaves what becomes of a tile in shared memory, for what reads it next.
// Enumerators, since compilers warn of constants that a model does not use.
enum : bool
{
    leaves_shared_memory = false,
    stays_in_shared_memory = true
};

// Shared memory for two stages of two operands; for the accumulators of up to two tiles; or for those of one tile beside two stages of the
// operand that multiplies it.
struct GemmMemory
{
    alignas(16) float floats[4 * operand_floats];
    alignas(16) float columns[tile];
    alignas(16) float statistics[3 * tile];
};

// A K-contiguous operand: its 64 rows lie along the tile and its columns along the inner dimension, as in memory.
template <int stride>
struct KContiguous
{
    static constexpr bool is_k_contiguous = true, is_in_shared = false;
    static constexpr int shared_stride = k_contiguous_stride;
    const float* data;          // [rows, stride]
    int rows;       // rows there are
    int inner;      // columns there are, a multiple of four

    __device__ __forceinline__ void stage(
        float* shared, // [tile, shared_stride] or [depth, shared_stride]
        int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (depth / 4), column = i % (depth / 4) * 4;
            float* to = shared + row * k_contiguous_stride + column;
            if (first + row < rows && from + column < inner)
            {
                copy_async_16(to, data + static_cast<long long>(first + row) * stride + from + column);
            }
            else
            {
                store4(to, zero4());
            }
        }
    }
};

// An MN-contiguous operand: its rows lie along the inner dimension and its 64 columns along the tile.
template <int stride>
struct MnContiguous
{
    static constexpr bool is_k_contiguous = false, is_in_shared = false;
    static constexpr int shared_stride = mn_contiguous_stride;
    const float* data;          // [rows, stride]
    int columns;    // columns there are, a multiple of four
    int inner;      // the row after the last

    __device__ __forceinline__ void stage(
        float* shared, // [tile, shared_stride] or [depth, shared_stride]
        int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (tile / 4), column = i % (tile / 4) * 4;
            float* to = shared + row * mn_contiguous_stride + column;
            if (from + row < inner && first + column < columns)
            {
                copy_async_16(to, data + static_cast<long long>(from + row) * stride + first + column);
            }
            else
            {
                store4(to, zero4());
            }
        }
    }
};

// (x - mean) / deviation * scale + shift, of four columns.
__device__ __forceinline__ float4 normalize4(float4 x, float mean, float rest, float inverse, float4 scale, float4 shift)
{
    return make_float4(
        (x.x - mean - rest) * inverse * scale.x + shift.x, (x.y - mean - rest) * inverse * scale.y + shift.y,
        (x.z - mean - rest) * inverse * scale.z + shift.z, (x.w - mean - rest) * inverse * scale.w + shift.w);
}

// A K-contiguous operand that is normalised as it is loaded; its statistics are in shared memory.
template <int stride>
struct NormalizedKContiguous
{
    static constexpr bool is_k_contiguous = true, is_in_shared = false;
    static constexpr int shared_stride = k_contiguous_stride;
    const float* data;          // [rows, stride]
    int rows, inner;
    const float* scale;         // [stride]
    const float* shift;         // [stride]
    const float* statistics;    // [tile, 3], in shared memory

    __device__ __forceinline__ void stage(
        float* shared, // [tile, shared_stride] or [depth, shared_stride]
        int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (depth / 4), column = i % (depth / 4) * 4;
            float4 value = zero4();
            if (first + row < rows && from + column < inner)
            {
                const float* own = statistics + 3 * row;
                value = normalize4(
                    load4(data + static_cast<long long>(first + row) * stride + from + column), own[0], own[1], own[2],
                    load4(scale + from + column), load4(shift + from + column));
            }
            store4(shared + row * k_contiguous_stride + column, value);
        }
    }
};

// An MN-contiguous operand that is normalised as it is loaded; its statistics are in global memory.
template <int stride>
struct NormalizedMnContiguous
{
    static constexpr bool is_k_contiguous = false, is_in_shared = false;
    static constexpr int shared_stride = mn_contiguous_stride;
    const float* data;          // [rows, stride]
    int columns, inner;
    const float* scale;         // [stride]
    const float* shift;         // [stride]
    const float* statistics;    // [rows, 3]

    __device__ __forceinline__ void stage(
        float* shared, // [tile, shared_stride] or [depth, shared_stride]
        int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (tile / 4), column = i % (tile / 4) * 4;
            float4 value = zero4();
            if (from + row < inner && first + column < columns)
            {
                const float* own = statistics + 3ll * (from + row);
                value = normalize4(
                    load4(data + static_cast<long long>(from + row) * stride + first + column), own[0], own[1], own[2],
                    load4(scale + first + column), load4(shift + first + column));
            }
            store4(shared + row * mn_contiguous_stride + column, value);
        }
    }
};

// A K-contiguous operand that finish_tiles left in shared memory.
struct InSharedMemory
{
    static constexpr bool is_k_contiguous = true, is_in_shared = true;
    static constexpr int shared_stride = accumulator_stride<1>;

    __device__ __forceinline__ void stage(float*, int, int, int) const
    {
    }
};

// The accumulators of a thread: 4 by 4 of the tile, or those that the layout of tensor cores assigns to it.
struct Accumulators
{
    float values[4][4];
};

__device__ __forceinline__ void clear(Accumulators& accumulators)
{
    for (int i = 0; i < 4; i++)
    {
        for (int j = 0; j < 4; j++)
        {
            accumulators.values[i][j] = 0;
        }
    }
}

template <int tiles>
__device__ __forceinline__ void clear(Accumulators (&accumulators)[tiles])
{
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        clear(accumulators[i]);
    }
}

// One element of an operand.
template <class Operand>
__device__ __forceinline__ float operand_at(
    const float* operand, // [tile, shared_stride] or [depth, shared_stride]
    int place, int k)
{
    return Operand::is_k_contiguous ? operand[place * Operand::shared_stride + k] : operand[k * Operand::shared_stride + place];
}

// The row (or column) of the tile that is the i-th of a thread, of 16 threads.
template <bool is_k_contiguous>
__device__ __forceinline__ int place_of(int thread, int i)
{
    return is_k_contiguous ? thread + 16 * i : 4 * thread + i;
}

// Four rows (or columns) by four of the inner dimension of an operand.
template <class Operand>
__device__ __forceinline__ void load_block(
    float (&block)[4][4],
    const float* operand, // [tile, shared_stride] or [depth, shared_stride]
    int thread, int k)
{
    for (int i = 0; i < 4; i++)
    {
        if (Operand::is_k_contiguous)
        {
            float4 v = load4(operand + (thread + 16 * i) * Operand::shared_stride + k);
            block[i][0] = v.x, block[i][1] = v.y, block[i][2] = v.z, block[i][3] = v.w;
        }
        else
        {
            float4 v = load4(operand + (k + i) * Operand::shared_stride + 4 * thread);
            block[0][i] = v.x, block[1][i] = v.y, block[2][i] = v.z, block[3][i] = v.w;
        }
    }
}

// Multiplies and accumulates 32 of the inner dimension, in float32 (cores 0) or on tensor cores, where a warp takes 16 rows by 32 columns
// in four instructions of 16 by 8. Layout: the arithmetic whose layout the accumulators have. In float32 with the layout of tensor cores,
// the inner dimension is short.
template <int cores, int layout, class A, class B>
__device__ __forceinline__ void multiply_add(
    Accumulators& accumulators,
    const float* a, // [tile, shared_stride] or [depth, shared_stride]
    const float* b, // [tile, shared_stride] or [depth, shared_stride]
    int length, int thread)
{
    if constexpr (layout == 0)
    {
        int row = thread / 16, column = thread % 16;
        for (int k = 0; k < depth; k += 4)
        {
            float left[4][4], right[4][4];
            load_block<A>(left, a, row, k);
            load_block<B>(right, b, column, k);
            for (int inner = 0; inner < 4; inner++)
            {
                for (int i = 0; i < 4; i++)
                {
                    for (int j = 0; j < 4; j++)
                    {
                        accumulators.values[i][j] += left[i][inner] * right[j][inner];
                    }
                }
            }
        }
    }
#if TENSOR_CORES
    else if constexpr (cores == 0)
    {
        int warp = thread / 32, row = warp % 4 * 16 + thread % 32 / 4, column = warp / 4 * 32 + 2 * (thread % 4);
#pragma unroll 1
        for (int k = 0; k < length; k++)
        {
            float upper = operand_at<A>(a, row, k), lower = operand_at<A>(a, row + 8, k);
            for (int j = 0; j < 4; j++)
            {
                for (int i = 0; i < 2; i++)
                {
                    float right = operand_at<B>(b, column + 8 * j + i, k);
                    accumulators.values[j][i] += upper * right;
                    accumulators.values[j][2 + i] += lower * right;
                }
            }
        }
    }
    else
    {
        int warp = thread / 32, group = thread % 32 / 4, member = thread % 4;
        int row = warp % 4 * 16 + group, column = warp / 4 * 32 + group;
#if TENSOR_CORES == 1
        for (int k = member; k < depth; k += 8)
        {
            unsigned left[4] = {
                round_tf32(operand_at<A>(a, row, k)), round_tf32(operand_at<A>(a, row + 8, k)),
                round_tf32(operand_at<A>(a, row, k + 4)), round_tf32(operand_at<A>(a, row + 8, k + 4))};
            for (int j = 0; j < 4; j++)
            {
                unsigned right[2] = {round_tf32(operand_at<B>(b, column + 8 * j, k)), round_tf32(operand_at<B>(b, column + 8 * j, k + 4))};
                mma_tf32_16x8x8(accumulators.values[j], left, right);
            }
        }
#else
        for (int k = 2 * member; k < depth; k += 16)
        {
            unsigned left[4] = {
                pack_bf16(operand_at<A>(a, row, k), operand_at<A>(a, row, k + 1)),
                pack_bf16(operand_at<A>(a, row + 8, k), operand_at<A>(a, row + 8, k + 1)),
                pack_bf16(operand_at<A>(a, row, k + 8), operand_at<A>(a, row, k + 9)),
                pack_bf16(operand_at<A>(a, row + 8, k + 8), operand_at<A>(a, row + 8, k + 9))};
            for (int j = 0; j < 4; j++)
            {
                unsigned right[2] = {
                    pack_bf16(operand_at<B>(b, column + 8 * j, k), operand_at<B>(b, column + 8 * j, k + 1)),
                    pack_bf16(operand_at<B>(b, column + 8 * j, k + 8), operand_at<B>(b, column + 8 * j, k + 9))};
                mma_bf16_16x8x16(accumulators.values[j], left, right);
            }
        }
#endif
    }
#endif
}

// Stores the accumulators of a tile to shared memory.
template <int cores, bool is_a_k_contiguous, bool is_b_k_contiguous, int stride>
__device__ __forceinline__ void store_accumulators(
    const Accumulators& accumulators,
    float* to, // [tile, stride], in shared memory
    int thread)
{
    if constexpr (cores == 0)
    {
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                to[place_of<is_a_k_contiguous>(thread / 16, i) * stride + place_of<is_b_k_contiguous>(thread % 16, j)]
                    = accumulators.values[i][j];
            }
        }
    }
    else
    {
        int warp = thread / 32, group = thread % 32 / 4, member = thread % 4;
        float* own = to + (warp % 4 * 16 + group) * stride + warp / 4 * 32 + 2 * member;
        for (int j = 0; j < 4; j++)
        {
            own[8 * j] = accumulators.values[j][0];
            own[8 * j + 1] = accumulators.values[j][1];
            own[8 * stride + 8 * j] = accumulators.values[j][2];
            own[8 * stride + 8 * j + 1] = accumulators.values[j][3];
        }
    }
}

// accumulators += a b over the inner dimension from one index to another, the next 32 being loaded meanwhile. Rows in shared memory begin
// at inner index 0. adds_columns: the sums of the columns of a over the inner dimension are left in memory.columns.
template <int cores, bool adds_columns, int layout = cores, class A, class B>
__device__ __forceinline__ void accumulate(
    Accumulators& accumulators, const A& a, const B& b, int row, int column, int from, int to, GemmMemory& memory)
{
    static_assert(A::is_in_shared == false || tile * A::shared_stride + 2 * operand_floats <= sizeof(memory.floats) / sizeof(float), "");
    constexpr int b_offset = A::is_in_shared ? tile * A::shared_stride : operand_floats;
    constexpr int stage_floats = A::is_in_shared ? operand_floats : 2 * operand_floats;
    const int thread = fresh_thread();
    float columnSum = 0;
    __syncthreads();
    if (from < to)
    {
        a.stage(memory.floats, row, from, thread);
        b.stage(memory.floats + b_offset, column, from, thread);
        copy_async_commit();
    }
    // An iteration is long enough: unrolled, the kernels of wide layers would exceed the instruction cache.
#pragma unroll 1
    for (int at = from, part = 0; at < to; at += depth, part++)
    {
        float* own = memory.floats + part % 2 * stage_floats;
        if (at + depth < to)
        {
            float* next = memory.floats + (part + 1) % 2 * stage_floats;
            a.stage(next, row, at + depth, thread);
            b.stage(next + b_offset, column, at + depth, thread);
            copy_async_commit();
            copy_async_wait<1>();
        }
        else
        {
            copy_async_wait<0>();
        }
        __syncthreads();
        multiply_add<cores, layout, A, B>(
            accumulators, A::is_in_shared ? memory.floats + at : own, own + b_offset, min(depth, to - at), thread);
        if (adds_columns && thread < tile)
        {
            for (int k = 0; k < depth; k++)
            {
                columnSum += operand_at<A>(own, thread, k);
            }
        }
        __syncthreads();
    }
    if (adds_columns && thread < tile)
    {
        memory.columns[thread] = columnSum;
    }
}

// Calls a function of row, column and value for each float4 inside tiles side by side. stays_in_shared: what it returns is left in
// memory.floats, with zeros around it.
template <int cores, bool is_a_k_contiguous, bool is_b_k_contiguous, bool stays_in_shared, int tiles, class Finish>
__device__ __forceinline__ void finish_tiles(
    const Accumulators (&accumulators)[tiles], int row, int rows, int column, int columns, GemmMemory& memory, const Finish& finish)
{
    constexpr int stride = accumulator_stride<tiles>, float4s = tiles * tile / 4;
    static_assert(tile * stride <= sizeof(memory.floats) / sizeof(float), "");
    const int thread = fresh_thread();
    __syncthreads();
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        store_accumulators<cores, is_a_k_contiguous, is_b_k_contiguous, stride>(accumulators[i], memory.floats + i * tile, thread);
    }
    __syncthreads();
    for (int i = thread; i < tile * float4s; i += 256)
    {
        int r = i / float4s, c = i % float4s * 4;
        float* own = memory.floats + r * stride + c;
        bool isInside = row + r < rows && column + c < columns;
        float4 value = isInside ? finish(row + r, column + c, load4(own)) : zero4();
        if (stays_in_shared)
        {
            store4(own, value);
        }
    }
}
