// Rows four values at a time: a block takes 16 of them.

// Calls a function with the place of each four values in the block's rows, those of the padding up to a multiple of four included.
template <int stride, int width, class Function>
__device__ __forceinline__ void each_four(const Pass& pass, const Function& function)
{
    constexpr int fours = pad4(width) / 4;
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * fours; i += 256)
    {
        function(static_cast<long long>(first + i / fours) * stride + i % fours * 4);
    }
}

// The same with the row and the first of the four columns.
template <int width, class Function>
__device__ __forceinline__ void each_four_columns(const Pass& pass, const Function& function)
{
    constexpr int fours = pad4(width) / 4;
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * fours; i += 256)
    {
        function(static_cast<long long>(first + i / fours), i % fours * 4);
    }
}

// The same with the row and each of so many columns, for places that are no multiples of four.
template <int columns, class Function>
__device__ __forceinline__ void each_column(const Pass& pass, const Function& function)
{
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    for (int i = threadIdx.x; i < rows * columns; i += 256)
    {
        function(static_cast<long long>(first + i / max(columns, 1)), i % max(columns, 1));
    }
}

template <int stride, int width>
__device__ __forceinline__ void copy_rows(const Pass& pass, const float* from, float* to)
{
    each_four<stride, width>(pass, [=](long long at) { store4(to + at, load4(from + at)); });
}

// to = a + b
template <int stride, int width>
__device__ __forceinline__ void add_rows(const Pass& pass, const float* a, const float* b, float* to)
{
    each_four<stride, width>(pass, [=](long long at) { store4(to + at, add4(load4(a + at), load4(b + at))); });
}

// to = a b
template <int stride, int width>
__device__ __forceinline__ void multiply_rows(const Pass& pass, const float* a, const float* b, float* to)
{
    each_four<stride, width>(pass, [=](long long at) { store4(to + at, multiply4(load4(a + at), load4(b + at))); });
}

// Zeros in the columns from one to before another.
template <int stride, int from, int to>
__device__ __forceinline__ void clear_columns(const Pass& pass, float* rows)
{
    if constexpr (from % 4 == 0 && to % 4 == 0)
    {
        each_four_columns<to - from>(pass, [=](long long row, int column) { store4(rows + row * stride + from + column, zero4()); });
    }
    else
    {
        each_column<to - from>(pass, [=](long long row, int column) { rows[row * stride + from + column] = 0; });
    }
}

// Columns of one value become columns of another.
template <int width, int source_stride, int from, int target_stride, int to>
__device__ __forceinline__ void copy_columns(const Pass& pass, const float* source, float* target)
{
    if constexpr (width % 4 == 0 && from % 4 == 0 && to % 4 == 0)
    {
        each_four_columns<width>(pass, [=](long long row, int column)
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

// Columns of one value are added to columns of another.
template <int width, int source_stride, int target_stride, int to>
__device__ __forceinline__ void add_columns(const Pass& pass, const float* source, float* target)
{
    if constexpr (width % 4 == 0 && to % 4 == 0)
    {
        each_four_columns<width>(pass, [=](long long row, int column)
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
