// Products of matrices, 64 by 64 sums a block of 256 threads. PRODUCTS chooses the arithmetic: 0 float32, 1 TF32 and 2 bfloat16 on
// tensor cores, both with float32 sums.

#if PRODUCTS > 0 && __CUDA_ARCH__ >= 800
#define TENSOR_CORES PRODUCTS
#else
#define TENSOR_CORES 0
#endif

constexpr int tile = 64, depth = 32;

// Floats from row to row of an operand in shared memory: chosen so that a warp's reads fall into different banks.
constexpr int along_stride = TENSOR_CORES == 2 ? 40 : 36, across_stride = TENSOR_CORES == 2 ? 68 : 72;
constexpr int operand_floats = tile * along_stride > depth * across_stride ? tile * along_stride : depth * across_stride;

// The same of so many tiles side by side, where sums lie that become an operand, or rows that a whole warp reads.
template <int tiles>
constexpr int sum_stride = tiles * tile + (TENSOR_CORES == 2 ? 8 : 4);

// Two stages of two operands; or sums, of up to two tiles, or of one beside two stages of the operand they are multiplied with.
struct ProductMemory
{
    alignas(16) float floats[4 * operand_floats];
    alignas(16) float columns[tile];
    alignas(16) float statistics[3 * tile];
};

#ifndef AARENGEN_EMULATOR
// 16 bytes from global to shared memory, in the background where the device can.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global)
{
#if __CUDA_ARCH__ >= 800
    unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(address), "l"(global));
#else
    *static_cast<float4*>(shared) = *static_cast<const float4*>(global);
#endif
}

__device__ __forceinline__ void copy_async_commit()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;");
#endif
}

template <int pending>
__device__ __forceinline__ void copy_async_wait()
{
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" :: "n"(pending));
#endif
}

#if TENSOR_CORES
__device__ __forceinline__ unsigned round_tf32(float x)
{
    unsigned rounded;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(x));
    return rounded;
}

__device__ __forceinline__ unsigned pack_bf16(float low, float high)
{
    unsigned packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

__device__ __forceinline__ void mma_tf32_16x8x8(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mma_bf16_16x8x16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2])
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif
#endif

// An operand whose 64 rows follow the tile and whose columns follow the inner dimension, as memory has them.
template <int stride>
struct Along
{
    static constexpr bool is_along = true, is_kept = false;
    static constexpr int shared_stride = along_stride;
    const float* data;
    int rows;       // rows there are
    int inner;      // columns there are, a multiple of four

    __device__ __forceinline__ void stage(float* shared, int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (depth / 4), column = i % (depth / 4) * 4;
            float* to = shared + row * along_stride + column;
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

// An operand whose rows follow the inner dimension and whose 64 columns follow the tile.
template <int stride>
struct Across
{
    static constexpr bool is_along = false, is_kept = false;
    static constexpr int shared_stride = across_stride;
    const float* data;
    int columns;    // columns there are, a multiple of four
    int inner;      // the row after the last

    __device__ __forceinline__ void stage(float* shared, int first, int from, int thread) const
    {
        for (int i = thread; i < tile * depth / 4; i += 256)
        {
            int row = i / (tile / 4), column = i % (tile / 4) * 4;
            float* to = shared + row * across_stride + column;
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

// Rows along the inner dimension that are normalised on their way; their statistics are in shared memory.
template <int stride>
struct NormalizedAlong
{
    static constexpr bool is_along = true, is_kept = false;
    static constexpr int shared_stride = along_stride;
    const float* data;
    int rows, inner;
    const float* scale;
    const float* shift;
    const float* statistics;

    __device__ __forceinline__ void stage(float* shared, int first, int from, int thread) const
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
            store4(shared + row * along_stride + column, value);
        }
    }
};

// Rows across the inner dimension that are normalised on their way; their statistics are in global memory.
template <int stride>
struct NormalizedAcross
{
    static constexpr bool is_along = false, is_kept = false;
    static constexpr int shared_stride = across_stride;
    const float* data;
    int columns, inner;
    const float* scale;
    const float* shift;
    const float* statistics;

    __device__ __forceinline__ void stage(float* shared, int first, int from, int thread) const
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
            store4(shared + row * across_stride + column, value);
        }
    }
};

// Rows along the inner dimension that finish_tiles left in shared memory.
struct Kept
{
    static constexpr bool is_along = true, is_kept = true;
    static constexpr int shared_stride = sum_stride<1>;

    __device__ __forceinline__ void stage(float*, int, int, int) const
    {
    }
};

// A thread's sums: 4 by 4 of the tile, or what the tensor cores' layout gives it.
struct Sums
{
    float values[4][4];
};

__device__ __forceinline__ void clear(Sums& sums)
{
    for (int i = 0; i < 4; i++)
    {
        for (int j = 0; j < 4; j++)
        {
            sums.values[i][j] = 0;
        }
    }
}

template <int tiles>
__device__ __forceinline__ void clear(Sums (&sums)[tiles])
{
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        clear(sums[i]);
    }
}

// One element of an operand.
template <class Operand>
__device__ __forceinline__ float operand_at(const float* operand, int place, int k)
{
    return Operand::is_along ? operand[place * Operand::shared_stride + k] : operand[k * Operand::shared_stride + place];
}

// Which of the tile's rows (or columns) is a thread's i-th, of 16 threads.
template <bool is_along>
__device__ __forceinline__ int place_of(int thread, int i)
{
    return is_along ? thread + 16 * i : 4 * thread + i;
}

// Four places by four inner of an operand.
template <class Operand>
__device__ __forceinline__ void load_block(float (&block)[4][4], const float* operand, int thread, int k)
{
    for (int i = 0; i < 4; i++)
    {
        if (Operand::is_along)
        {
            float4 four = load4(operand + (thread + 16 * i) * Operand::shared_stride + k);
            block[i][0] = four.x, block[i][1] = four.y, block[i][2] = four.z, block[i][3] = four.w;
        }
        else
        {
            float4 four = load4(operand + (k + i) * Operand::shared_stride + 4 * thread);
            block[0][i] = four.x, block[1][i] = four.y, block[2][i] = four.z, block[3][i] = four.w;
        }
    }
}

// Products of 32 of the inner dimension in float32 (cores 0), or on tensor cores: there a warp takes 16 rows by 32 columns, in four
// products of 16 by 8. Layout: the arithmetic whose layout the sums have. In float32 with the tensor cores' layout the inner dimension is
// short.
template <int cores, int layout, class A, class B>
__device__ __forceinline__ void multiply_add(Sums& sums, const float* a, const float* b, int length, int thread)
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
                        sums.values[i][j] += left[i][inner] * right[j][inner];
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
                    sums.values[j][i] += upper * right;
                    sums.values[j][2 + i] += lower * right;
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
                mma_tf32_16x8x8(sums.values[j], left, right);
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
                mma_bf16_16x8x16(sums.values[j], left, right);
            }
        }
#endif
    }
#endif
}

// Writes a tile's sums to shared memory.
template <int cores, bool a_along, bool b_along, int stride>
__device__ __forceinline__ void spill(const Sums& sums, float* to, int thread)
{
    if constexpr (cores == 0)
    {
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++)
            {
                to[place_of<a_along>(thread / 16, i) * stride + place_of<b_along>(thread % 16, j)] = sums.values[i][j];
            }
        }
    }
    else
    {
        int warp = thread / 32, group = thread % 32 / 4, member = thread % 4;
        float* own = to + (warp % 4 * 16 + group) * stride + warp / 4 * 32 + 2 * member;
        for (int j = 0; j < 4; j++)
        {
            own[8 * j] = sums.values[j][0];
            own[8 * j + 1] = sums.values[j][1];
            own[8 * stride + 8 * j] = sums.values[j][2];
            own[8 * stride + 8 * j + 1] = sums.values[j][3];
        }
    }
}

// sums += a b over the inner dimension from one index to another, while the next part is on its way. Kept rows have the inner dimension
// from 0 on. Where sums_columns, the block's column sums of a over the inner dimension are left in memory.columns.
template <int cores, bool sums_columns, int layout = cores, class A, class B>
__device__ __forceinline__ void accumulate(Sums& sums, const A& a, const B& b, int row, int column, int from, int to, ProductMemory& memory)
{
    static_assert(A::is_kept == false || tile * A::shared_stride + 2 * operand_floats <= sizeof(memory.floats) / sizeof(float), "");
    constexpr int b_offset = A::is_kept ? tile * A::shared_stride : operand_floats;
    constexpr int stage_floats = A::is_kept ? operand_floats : 2 * operand_floats;
    const int thread = fresh_thread();
    float columnSum = 0;
    __syncthreads();
    if (from < to)
    {
        a.stage(memory.floats, row, from, thread);
        b.stage(memory.floats + b_offset, column, from, thread);
        copy_async_commit();
    }
    // A turn is long enough: unrolled, wide layers' kernels would not fit the cache of instructions.
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
        multiply_add<cores, layout, A, B>(sums, A::is_kept ? memory.floats + at : own, own + b_offset, min(depth, to - at), thread);
        if (sums_columns && thread < tile)
        {
            for (int k = 0; k < depth; k++)
            {
                columnSum += operand_at<A>(own, thread, k);
            }
        }
        __syncthreads();
    }
    if (sums_columns && thread < tile)
    {
        memory.columns[thread] = columnSum;
    }
}

// Hands each four columns of tiles side by side that lie inside to a function of row, column and value. Where keeps, what it returns stays
// in memory.floats, zeros around it.
template <int cores, bool a_along, bool b_along, bool keeps, int tiles, class Finish>
__device__ __forceinline__ void finish_tiles(
    const Sums (&sums)[tiles], int row, int rows, int column, int columns, ProductMemory& memory, const Finish& finish)
{
    constexpr int stride = sum_stride<tiles>, fours = tiles * tile / 4;
    static_assert(tile * stride <= sizeof(memory.floats) / sizeof(float), "");
    const int thread = fresh_thread();
    __syncthreads();
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        spill<cores, a_along, b_along, stride>(sums[i], memory.floats + i * tile, thread);
    }
    __syncthreads();
    for (int i = thread; i < tile * fours; i += 256)
    {
        int r = i / fours, c = i % fours * 4;
        float* own = memory.floats + r * stride + c;
        bool isInside = row + r < rows && column + c < columns;
        float4 value = isInside ? finish(row + r, column + c, load4(own)) : zero4();
        if (keeps)
        {
            store4(own, value);
        }
    }
}
