// Row-wise kernels: a block takes 16 rows, a float4 a thread at a time.

// Calls a function with the offset of each float4 in the block's rows, the padding up to a multiple of four included.
template <class Rows, class Function>
__device__ __forceinline__ void each_float4(const Pass& pass, const Function& function)
{
    constexpr int float4s = pad4(Rows::width) / 4;
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * float4s; i += 256)
    {
        function(static_cast<long long>(first + i / float4s) * Rows::stride + i % float4s * 4);
    }
}

// The same with the row and the first of the four columns.
template <int width, class Function>
__device__ __forceinline__ void each_float4_column(const Pass& pass, const Function& function)
{
    constexpr int float4s = pad4(width) / 4;
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * float4s; i += 256)
    {
        function(static_cast<long long>(first + i / float4s), i % float4s * 4);
    }
}

// The same with the row and each single column, for columns that are not multiples of four.
template <int columns, class Function>
__device__ __forceinline__ void each_column(const Pass& pass, const Function& function)
{
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * columns; i += 256)
    {
        function(static_cast<long long>(first + i / max(columns, 1)), i % max(columns, 1));
    }
}

template <class Rows>
__device__ __forceinline__ void copy_rows(
    const Pass& pass,
    const float* from, // [rows, stride]
    float* to)         // [rows, stride]
{
    each_float4<Rows>(pass, [=](long long at) { store4(to + at, load4(from + at)); });
}

// to = a + b
template <class Rows>
__device__ __forceinline__ void add_rows(
    const Pass& pass,
    const float* a, // [rows, stride]
    const float* b, // [rows, stride]
    float* to)      // [rows, stride]
{
    each_float4<Rows>(pass, [=](long long at) { store4(to + at, add4(load4(a + at), load4(b + at))); });
}

// to = a b
template <class Rows>
__device__ __forceinline__ void multiply_rows(
    const Pass& pass,
    const float* a, // [rows, stride]
    const float* b, // [rows, stride]
    float* to)      // [rows, stride]
{
    each_float4<Rows>(pass, [=](long long at) { store4(to + at, multiply4(load4(a + at), load4(b + at))); });
}

// Writes zeros to a range of columns.
template <class Range>
__device__ __forceinline__ void clear_columns(
    const Pass& pass,
    float* rows) // [rows, stride]
{
    constexpr int stride = Range::stride, from = Range::first, to = Range::end;
    if constexpr (from % 4 == 0 && to % 4 == 0)
    {
        each_float4_column<to - from>(pass, [=](long long row, int column) { store4(rows + row * stride + from + column, zero4()); });
    }
    else
    {
        each_column<to - from>(pass, [=](long long row, int column) { rows[row * stride + from + column] = 0; });
    }
}

// Copies columns of one value to columns of another.
template <class Columns>
__device__ __forceinline__ void copy_columns(
    const Pass& pass,
    const float* source, // [rows, source_stride]
    float* target)       // [rows, target_stride]
{
    constexpr int width = Columns::width, source_stride = Columns::source_stride, target_stride = Columns::target_stride;
    constexpr int from = Columns::source_column, to = Columns::target_column;
    if constexpr (width % 4 == 0 && from % 4 == 0 && to % 4 == 0)
    {
        each_float4_column<width>(pass, [=](long long row, int column)
        {
            store4(target + row * target_stride + to + column, load4(source + row * source_stride + from + column));
        });
    }
    else
    {
        each_column<width>(pass, [=](long long row, int column)
        {
            target[row * target_stride + to + column] = source[row * source_stride + from + column];
        });
    }
}

// Adds columns of one value to columns of another.
template <class Columns>
__device__ __forceinline__ void add_columns(
    const Pass& pass,
    const float* source, // [rows, source_stride]
    float* target)       // [rows, target_stride]
{
    constexpr int width = Columns::width, source_stride = Columns::source_stride, target_stride = Columns::target_stride;
    constexpr int to = Columns::target_column;
    if constexpr (width % 4 == 0 && to % 4 == 0)
    {
        each_float4_column<width>(pass, [=](long long row, int column)
        {
            float* own = target + row * target_stride + to + column;
            store4(own, add4(load4(own), load4(source + row * source_stride + column)));
        });
    }
    else
    {
        each_column<width>(pass, [=](long long row, int column)
        {
            target[row * target_stride + to + column] += source[row * source_stride + column];
        });
    }
}

// The sequence of a row.
__device__ __forceinline__ int sequence_of(const Pass& pass, int row)
{
    int low = 0, high = pass.settings->sequences - 1;
    while (low < high)
    {
        int middle = (low + high) / 2;
        if (pass.ends[middle] <= row)
        {
            low = middle + 1;
        }
        else
        {
            high = middle;
        }
    }
    return low;
}

// The place of a row in its sequence, for a layer whose state at an offset is the number of tokens. With the last row of a sequence it
// counts the tokens of the sequence.
__device__ __forceinline__ int place_of(const Pass& pass, int row, int state)
{
    int sequence = sequence_of(pass, row), place = tokens_before(pass, sequence, state) + row - first_row(pass, sequence);
    double* after = state_after(pass, sequence, state);
    if (after != nullptr && row + 1 == pass.ends[sequence])
    {
        *after = place + 1;
    }
    return place;
}
