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
