// needs: product
// Linear maps y = x W^T + bias of rows, forward and back. W is [outputs, inputs], its rows weight_stride floats apart.

// What becomes of four sums of a linear map.
template <int stride>
struct Write
{
    float* to;

    __device__ __forceinline__ void operator()(int row, int column, float4 value) const
    {
        store4(to + static_cast<long long>(row) * stride + column, value);
    }
};

template <int stride>
struct WriteSum
{
    float* to;
    const float* residual;

    __device__ __forceinline__ void operator()(int row, int column, float4 value) const
    {
        long long at = static_cast<long long>(row) * stride + column;
        store4(to + at, add4(value, load4(residual + at)));
    }
};

template <int stride>
struct WriteProduct
{
    float* to;
    const float* factor;

    __device__ __forceinline__ void operator()(int row, int column, float4 value) const
    {
        long long at = static_cast<long long>(row) * stride + column;
        store4(to + at, multiply4(value, load4(factor + at)));
    }
};

// The function's value, and its slope in place of its argument.
template <class Function, int stride>
struct WriteActivation
{
    float* slopes;
    float* values;

    __device__ __forceinline__ void operator()(int row, int column, float4 x) const
    {
        long long at = static_cast<long long>(row) * stride + column;
        float4 y, slope;
        y.x = Function::value(x.x, slope.x);
        y.y = Function::value(x.y, slope.y);
        y.z = Function::value(x.z, slope.z);
        y.w = Function::value(x.w, slope.w);
        store4(slopes + at, slope);
        store4(values + at, y);
    }
};

template <class Finish>
struct AddBias
{
    const float* bias;
    const Finish& finish;

    __device__ __forceinline__ void operator()(int row, int column, float4 value) const
    {
        finish(row, column, add4(value, load4(bias + column)));
    }
};

// One tile of y: 64 rows from row on, 64 outputs from column on. Cores: the arithmetic, 0 where it must be float32.
template <int cores, int inputs, int outputs, int weight_stride, class Input, class Finish>
__device__ __forceinline__ void linear_forward(
    const Input& x, const float* weight, const float* bias, int row, int rows, int column, ProductMemory& memory, const Finish& finish)
{
    Sums sums;
    clear(sums);
    accumulate<cores, false>(sums, x, Along<weight_stride>{weight, outputs, pad4(inputs)}, row, column, 0, pad4(inputs), memory);
    finish_tile<cores, true, true>(sums, row, rows, column, pad4(outputs), memory, AddBias<Finish>{bias, finish});
}

// Adds one map's part, dy W, to one tile of dx.
template <int inputs, int outputs, int weight_stride, int gradient_stride>
__device__ __forceinline__ void linear_input_gradient(
    Sums& sums, const float* dy, const float* weight, int row, int rows, int column, ProductMemory& memory)
{
    accumulate<TENSOR_CORES, false>(
        sums, Along<gradient_stride>{dy, rows, pad4(outputs)}, Across<weight_stride>{weight, pad4(inputs), outputs}, row, column, 0, pad4(outputs), memory);
}

// One tile of dW = dy^T x over some rows of the batch, and where the tile is the first in its row of tiles db, the column sums of dy.
template <int cores, int inputs, int outputs, int weight_stride, int gradient_stride, class Input>
__device__ __forceinline__ void linear_weight_gradient(
    const float* dy, const Input& x, int from, int to, int output, int input, float* dw, float* db, ProductMemory& memory)
{
    Sums sums;
    clear(sums);
    Across<gradient_stride> a{dy, pad4(outputs), to};
    if (input == 0)
    {
        accumulate<cores, true>(sums, a, x, output, input, from, to, memory);
        if (threadIdx.x < tile && output + threadIdx.x < pad4(outputs))
        {
            db[output + threadIdx.x] = memory.columns[threadIdx.x];
        }
    }
    else
    {
        accumulate<cores, false>(sums, a, x, output, input, from, to, memory);
    }
    finish_tile<cores, false, false>(sums, output, outputs, input, pad4(inputs), memory, Write<weight_stride>{dw});
}

// The rows that part of all parts takes: whole multiples of the inner dimension's step, in order.
__device__ __forceinline__ void part_rows(int rows, int part, int parts, int& from, int& to)
{
    int steps = (rows + depth - 1) / depth;
    from = min(rows, static_cast<int>(static_cast<long long>(steps) * part / parts) * depth);
    to = min(rows, static_cast<int>(static_cast<long long>(steps) * (part + 1) / parts) * depth);
}
