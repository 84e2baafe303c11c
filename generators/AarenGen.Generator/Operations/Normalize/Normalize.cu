// needs: gemm
// Layer normalisation of rows, forward and backward pass. The statistics of a row are its mean, in two parts, and the inverse of its
// standard deviation.

constexpr float norm_epsilon = 1e-5f;

// The statistics of a row of which a sum or square is beyond all floats; NaN where a value is not finite. Rows are normalised to float's
// precision up to values of 2^126: beyond, x - mean may overflow, and the inverse of the deviation is a denormal number.
template <int width>
__device__ __forceinline__ void row_statistics_in_double(
    const float* x, // [width]
    float& mean, float& rest, float& inverse)
{
    double sum = 0, squares = 0;
    for (int column = threadIdx.x % 32; column < width; column += 32)
    {
        sum += x[column];
    }
    double exact = warp_sum(sum) / width;
    for (int column = threadIdx.x % 32; column < width; column += 32)
    {
        double difference = x[column] - exact;
        squares += difference * difference;
    }
    mean = static_cast<float>(exact);
    rest = static_cast<float>(exact - mean);
    inverse = static_cast<float>(1 / sqrt(warp_sum(squares) / width + norm_epsilon));
}

// A row in memory, four columns at a time: those of a lane.
struct RowInMemory
{
    const float* x;     // [stride]

    __device__ __forceinline__ float4 operator()(int, int column) const
    {
        return load4(x + column);
    }
};

// Float4s of a row that a lane reads.
template <int width>
constexpr int float4s_of_lane = (pad4(width) + 127) / 128;

// A row that is read once: what a lane reads stays in registers.
template <int width>
struct RowInRegisters
{
    float4 values[float4s_of_lane<width>];

    __device__ __forceinline__ RowInRegisters(
        const float* x) // [stride]
    {
#pragma unroll
        for (int i = 0; i < float4s_of_lane<width>; i++)
        {
            int column = 4 * (threadIdx.x % 32) + 128 * i;
            values[i] = column < pad4(width) ? load4(x + column) : zero4();
        }
    }

    __device__ __forceinline__ float4 operator()(int i, int) const
    {
        return values[i];
    }
};

// Loops over what is in registers are unrolled, so that these have numbers.
template <class Row, int float4s>
constexpr int unrolled_float4s = float4s;
template <int float4s>
constexpr int unrolled_float4s<RowInMemory, float4s> = 1;

// The statistics of a row of x, by a warp, which reads it through row.
template <int width, class Row>
__device__ __forceinline__ void row_statistics(
    const float* x, // [width]
    const Row& row, float& mean, float& rest, float& inverse)
{
    constexpr int float4s = float4s_of_lane<width>;
    int lane = threadIdx.x % 32;
    float sum = 0;
#pragma unroll (unrolled_float4s<Row, float4s>)
    for (int i = 0; i < float4s; i++)
    {
        int column = 4 * lane + 128 * i;
        if (column < pad4(width))
        {
            float4 v = row(i, column);
            sum += v.x + v.y + (v.z + v.w);
        }
    }
    mean = warp_sum(sum) / width;
    // From the differences: exact where the mean is large. Their own mean is what rounding took from the first.
    float differences = 0, squares = 0;
#pragma unroll (unrolled_float4s<Row, float4s>)
    for (int i = 0; i < float4s; i++)
    {
        int column = 4 * lane + 128 * i;
        if (column < pad4(width))
        {
            float4 v = row(i, column);
            float values[4] = {v.x, v.y, v.z, v.w};
            for (int j = 0; j < 4; j++)
            {
                float difference = column + j < width ? values[j] - mean : 0.0f;
                differences += difference;
                squares += difference * difference;
            }
        }
    }
    rest = warp_sum(differences) / width;
    squares = warp_sum(squares);
    if (squares < infinity())
    {
        inverse = 1.0f / sqrtf(fmaxf(squares / width - rest * rest, 0.0f) + norm_epsilon);
    }
    else
    {
        row_statistics_in_double<width>(x, mean, rest, inverse);
    }
}

// The statistics of the 64 rows of a multiplication, for its operand; the first column of tiles saves them for the backward pass.
template <class Rows>
__device__ __forceinline__ void tile_statistics(
    const float* x, // [rows, stride]
    int row, int rows,
    float* shared,  // [tile, 3], in shared memory
    float* saved)   // [rows, 3], or null
{
    constexpr int width = Rows::width, stride = Rows::stride;
    for (int r = threadIdx.x / 32; r < tile && row + r < rows; r += 8)
    {
        float mean, rest, inverse;
        const float* own = x + static_cast<long long>(row + r) * stride;
        row_statistics<width>(own, RowInMemory{own}, mean, rest, inverse);
        if (threadIdx.x % 32 == 0)
        {
            shared[3 * r] = mean, shared[3 * r + 1] = rest, shared[3 * r + 2] = inverse;
            if (saved != nullptr)
            {
                float* kept = saved + 3ll * (row + r);
                kept[0] = mean, kept[1] = rest, kept[2] = inverse;
            }
        }
    }
    __syncthreads();
}

// Whether rows are so narrow that they are read once.
template <int width>
constexpr bool fits_registers = float4s_of_lane<width> <= 8;

template <bool fits, int width>
struct RowReader
{
    typedef RowInRegisters<width> type;
};

template <int width>
struct RowReader<false, width>
{
    typedef RowInMemory type;
};

// Normalises a row, which a warp reads through row.
template <int width, class Row, class Output>
__device__ __forceinline__ void normalize_row(
    const float* x,     // [stride]
    const Row& row,
    const float* scale, // [stride]
    const float* shift, // [stride]
    Output* y,          // [stride]
    float* statistics)  // [3]
{
    constexpr int float4s = float4s_of_lane<width>;
    int lane = threadIdx.x % 32;
    float mean, rest, inverse;
    row_statistics<width>(x, row, mean, rest, inverse);
#pragma unroll (unrolled_float4s<Row, float4s>)
    for (int i = 0; i < float4s; i++)
    {
        int column = 4 * lane + 128 * i;
        if (column < pad4(width))
        {
            store4(y + column, normalize4(row(i, column), mean, rest, inverse, load4(scale + column), load4(shift + column)));
        }
    }
    if (lane == 0)
    {
        statistics[0] = mean, statistics[1] = rest, statistics[2] = inverse;
    }
}

// Normalises up to a number of rows, a warp each.
template <class Rows, int count, class Output>
__device__ __forceinline__ void normalize_forward(
    const float* x,     // [rows, stride]
    int first, int rows,
    const float* scale, // [stride]
    const float* shift, // [stride]
    Output* y,          // [rows, stride]
    float* statistics)  // [rows, 3]
{
    constexpr int width = Rows::width, stride = Rows::stride;
    typedef typename RowReader<fits_registers<width>, width>::type Row;
    if constexpr (fits_registers<width>)
    {
        // Once a block instead of once a row.
        constexpr int float4s = pad4(width) / 4;
        __shared__ float4 both[2 * float4s];
        __syncthreads();
        for (int i = threadIdx.x; i < float4s; i += 256)
        {
            both[i] = load4(scale + 4 * i);
            both[float4s + i] = load4(shift + 4 * i);
        }
        __syncthreads();
        scale = &both[0].x;
        shift = &both[float4s].x;
    }
    for (long long row = first + threadIdx.x / 32; row < min(rows, first + count); row += 8)
    {
        const float* own = x + row * stride;
        normalize_row<width>(own, Row{own}, scale, shift, y + row * stride, statistics + 3 * row);
    }
}

// Four columns of (w - mean(w) - n mean(w n)) / deviation, zeros beyond the width.
template <int width>
__device__ __forceinline__ float4 normal_gradient(float4 n, float4 w, float mean, float product, float inverse, int column)
{
    return make_float4(
        column < width ? (w.x - mean - n.x * product) * inverse : 0.0f,
        column + 1 < width ? (w.y - mean - n.y * product) * inverse : 0.0f,
        column + 2 < width ? (w.z - mean - n.z * product) * inverse : 0.0f,
        column + 3 < width ? (w.w - mean - n.w * product) * inverse : 0.0f);
}

// With n = (x - mean)/deviation and g = scale dy: dx = (g - mean(g) - n mean(g n)) / deviation (+ addend), and the partial gradients of
// scale and shift over the rows of one block, which takes one of all parts of the rows, a warp a row.
template <class Rows>
__device__ __forceinline__ void normalize_backward(
    const float* dy,         // [rows, stride]
    const float* x,          // [rows, stride]
    const float* statistics, // [rows, 3]
    const float* scale,      // [stride]
    int rows, int part, int parts,
    const float* addend,     // [rows, stride], or null
    float* dx,               // [rows, stride]
    float* scale_partial,    // [stride]
    float* shift_partial)    // [stride]
{
    constexpr int width = Rows::width, stride = Rows::stride;
    constexpr int float4s = (pad4(width) + 127) / 128, in_registers = float4s < 9 ? float4s : 1;
    __shared__ float4 gathered[2][256];
    __shared__ float4 scale_once[float4s * 32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    int from = partition_begin(rows, part, parts), to = partition_begin(rows, part + 1, parts);
    float4 scales[in_registers], shifts[in_registers];
    for (int i = 0; i < in_registers; i++)
    {
        scales[i] = zero4();
        shifts[i] = zero4();
    }
    for (int i = threadIdx.x; from < to && i < pad4(width) / 4; i += 256)
    {
        scale_once[i] = load4(scale + 4 * i);
    }
    __syncthreads();
    for (int row = from + warp; row < to; row += 8)
    {
        const float* own = x + static_cast<long long>(row) * stride;
        const float* gradient = dy + static_cast<long long>(row) * stride;
        float statistic = lane < 3 ? statistics[3ll * row + lane] : 0.0f;
        float mean = __shfl_sync(0xffffffffu, statistic, 0), rest = __shfl_sync(0xffffffffu, statistic, 1),
            inverse = __shfl_sync(0xffffffffu, statistic, 2);
        float sum = 0, product = 0;
        float4 normals[in_registers], weighted[in_registers];
        for (int i = 0; i < float4s; i++)
        {
            int column = 4 * lane + 128 * i;
            if (column >= pad4(width))
            {
                continue;
            }
            float4 g = load4(gradient + column), n = normalize4(load4(own + column), mean, rest, inverse, make_float4(1, 1, 1, 1), zero4());
            float4 w = multiply4(g, scale_once[column / 4]);
            sum += w.x + w.y + (w.z + w.w);
            product += w.x * n.x + w.y * n.y + (w.z * n.z + w.w * n.w);
            if (in_registers == float4s)
            {
                normals[i] = n;
                weighted[i] = w;
                scales[i] = add4(scales[i], multiply4(g, n));
                shifts[i] = add4(shifts[i], g);
            }
        }
        sum = warp_sum(sum) / width;
        product = warp_sum(product) / width;
        for (int i = 0; i < float4s; i++)
        {
            int column = 4 * lane + 128 * i;
            if (column >= pad4(width))
            {
                continue;
            }
            float4 n, w;
            if (in_registers == float4s)
            {
                n = normals[i];
                w = weighted[i];
            }
            else
            {
                n = normalize4(load4(own + column), mean, rest, inverse, make_float4(1, 1, 1, 1), zero4());
                w = multiply4(load4(gradient + column), scale_once[column / 4]);
            }
            float4 d = normal_gradient<width>(n, w, sum, product, inverse, column);
            float* target = dx + static_cast<long long>(row) * stride + column;
            store4(target, addend == nullptr ? d : add4(d, load4(addend + static_cast<long long>(row) * stride + column)));
        }
    }
    // The warps' sums, four columns a lane at a time, added in the warps' order.
    for (int i = 0; i < float4s; i++)
    {
        int column = 4 * lane + 128 * i;
        float4 s = zero4(), h = zero4();
        if (in_registers == float4s)
        {
            s = scales[i];
            h = shifts[i];
        }
        else if (column < pad4(width))
        {
            // Rows too wide for registers are read again.
            for (int row = from + warp; row < to; row += 8)
            {
                float4 g = load4(dy + static_cast<long long>(row) * stride + column);
                float4 n = normalize4(
                    load4(x + static_cast<long long>(row) * stride + column), statistics[3ll * row], statistics[3ll * row + 1],
                statistics[3ll * row + 2],
                    make_float4(1, 1, 1, 1), zero4());
                s = add4(s, multiply4(g, n));
                h = add4(h, g);
            }
        }
        __syncthreads();
        gathered[0][threadIdx.x] = s;
        gathered[1][threadIdx.x] = h;
        __syncthreads();
        if (warp < 2 && column < pad4(width))
        {
            float4 total = zero4();
            for (int w = 0; w < 8; w++)
            {
                total = add4(total, gathered[warp][32 * w + lane]);
            }
            store4((warp == 0 ? scale_partial : shift_partial) + column, total);
        }
    }
}

// Rows of a tile as finish_tiles left them in shared memory.
template <int tiles>
struct SharedRows
{
    const float* data;  // [tile, accumulator_stride], in shared memory
    int first;

    __device__ __forceinline__ float4 operator()(int row, int column) const
    {
        return load4(data + (row - first) * accumulator_stride<tiles> + column);
    }
};

template <class Rows>
struct MemoryRows
{
    const float* data;  // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column) const
    {
        return load4(data + static_cast<long long>(row) * Rows::stride + column);
    }
};

// The partial gradients of scale (0) and shift (1) of a thread block, four columns a lane. Each belongs to one of the first threads, which
// alone accesses it: no barrier is needed.
struct NormalizationPartials
{
    float4 of[2][32];
};

__device__ __forceinline__ void clear(NormalizationPartials& parts)
{
    if (threadIdx.x < 64)
    {
        parts.of[threadIdx.x / 32][threadIdx.x % 32] = zero4();
    }
}

template <class Rows>
__device__ __forceinline__ void write_partials(
    const NormalizationPartials& parts,
    float* scale_partial, // [stride]
    float* shift_partial) // [stride]
{
    int lane = threadIdx.x % 32, kind = threadIdx.x / 32;
    if (kind < 2 && 4 * lane < pad4(Rows::width))
    {
        store4((kind == 0 ? scale_partial : shift_partial) + 4 * lane, parts.of[kind][lane]);
    }
}

// normalize_backward of a tile of rows of up to 128 columns, a warp a row and four rows at a time; it adds to the block's partial
// gradients.
template <class Rows, class Gradient>
__device__ __forceinline__ void normalize_tile_backward(
    const Gradient& dy,
    const float* x,          // [rows, stride]
    const float* statistics, // [rows, 3]
    const float* scale,      // [stride]
    int row, int rows,
    const float* addend,     // [rows, stride], or null
    float* dx,               // [rows, stride]
    NormalizationPartials& parts, GemmMemory& memory)
{
    constexpr int width = Rows::width, stride = Rows::stride;
    constexpr int together = 4;
    const int thread = fresh_thread();
    int lane = thread % 32, warp = thread / 32, column = 4 * lane;
    bool isInside = column < pad4(width);
    float4 factor = isInside ? load4(scale + column) : zero4(), scales = zero4(), shifts = zero4();
    __syncthreads();
    for (int first = row + warp; first < min(rows, row + tile); first += 8 * together)
    {
        float4 normals[together], weighted[together], addends[together];
        float inverses[together];
        for (int i = 0; i < together; i++)
        {
            int own = first + 8 * i;
            const float* statistic = statistics + 3ll * own;
            bool isThere = own < rows;
            inverses[i] = isThere ? statistic[2] : 0.0f;
            normals[i] = isThere && isInside
                ? normalize4(load4(x + static_cast<long long>(own) * stride + column), statistic[0], statistic[1], inverses[i],
                    make_float4(1, 1, 1, 1), zero4())
                : zero4();
            addends[i] = addend != nullptr && isThere && isInside ? load4(addend + static_cast<long long>(own) * stride + column) : zero4();
        }
        for (int i = 0; i < together; i++)
        {
            float4 g = first + 8 * i < rows && isInside ? dy(first + 8 * i, column) : zero4();
            weighted[i] = multiply4(g, factor);
            scales = add4(scales, multiply4(g, normals[i]));
            shifts = add4(shifts, g);
        }
        for (int i = 0; i < together; i++)
        {
            float4 n = normals[i], w = weighted[i];
            float mean = warp_sum(w.x + w.y + (w.z + w.w)) / width,
                product = warp_sum(w.x * n.x + w.y * n.y + (w.z * n.z + w.w * n.w)) / width;
            if (first + 8 * i < rows && isInside)
            {
                store4(
                    dx + static_cast<long long>(first + 8 * i) * stride + column,
                    add4(normal_gradient<width>(n, w, mean, product, inverses[i], column), addends[i]));
            }
        }
    }
    // The warps' sums, added in the warps' order.
    float4* gathered = reinterpret_cast<float4*>(memory.floats);
    __syncthreads();
    gathered[thread] = scales;
    gathered[256 + thread] = shifts;
    __syncthreads();
    if (warp < 2)
    {
        float4 total = parts.of[warp][lane];
        for (int w = 0; w < 8; w++)
        {
            total = add4(total, gathered[256 * warp + 32 * w + lane]);
        }
        parts.of[warp][lane] = total;
    }
}
