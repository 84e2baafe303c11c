// needs: product
// Linear maps y = x W^T + bias of rows, forward and back. W is [outputs, inputs], its rows weight_stride floats apart.

// What becomes of four sums of a linear map: what they return is the sum as it goes on.
struct Unchanged
{
    __device__ __forceinline__ float4 operator()(int, int, float4 value) const
    {
        return value;
    }
};

template <int stride>
struct Sum
{
    const float* addend;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return add4(value, load4(addend + static_cast<long long>(row) * stride + column));
    }
};

template <int stride>
struct Write
{
    float* to;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        store4(to + static_cast<long long>(row) * stride + column, value);
        return value;
    }
};

template <int stride>
struct WriteSum
{
    float* to;
    const float* addend;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return Write<stride>{to}(row, column, Sum<stride>{addend}(row, column, value));
    }
};

template <int stride>
struct WriteProduct
{
    float* to;
    const float* factor;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return Write<stride>{to}(row, column, multiply4(value, load4(factor + static_cast<long long>(row) * stride + column)));
    }
};

// The function's value, and its slope in place of its argument.
template <class Function, int stride>
struct WriteActivation
{
    float* slopes;
    float* values;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 x) const
    {
        float4 y, slope;
        y.x = Function::value(x.x, slope.x);
        y.y = Function::value(x.y, slope.y);
        y.z = Function::value(x.z, slope.z);
        y.w = Function::value(x.w, slope.w);
        Write<stride>{slopes}(row, column, slope);
        return Write<stride>{values}(row, column, y);
    }
};

template <class Finish>
struct AddBias
{
    const float* bias;
    const Finish& finish;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return finish(row, column, add4(value, load4(bias + column)));
    }
};

// What tiles of y, 64 rows from row on and outputs from column on, have of x. Cores: the arithmetic, 0 where it must be float32.
template <int cores, int inputs, int outputs, int weight_stride, int tiles, class Input>
__device__ __forceinline__ void linear_sums(
    Sums (&sums)[tiles], const Input& x, const float* weight, int row, int column, ProductMemory& memory)
{
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false>(
            sums[i], x, Along<weight_stride>{weight, outputs, pad4(inputs)}, row, column + i * tile, 0, pad4(inputs), memory);
    }
}

// What all of y has of 64 columns of x, from column from on, which are kept in shared memory.
template <int cores, int inputs, int outputs, int weight_stride, int tiles>
__device__ __forceinline__ void linear_sums_of_kept(Sums (&sums)[tiles], const float* weight, int from, ProductMemory& memory)
{
    int inner = min(tile, pad4(inputs) - from);
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false>(sums[i], Kept{}, Along<weight_stride>{weight + from, outputs, inner}, 0, i * tile, 0, inner, memory);
    }
}

template <int cores, bool keeps, int outputs, int tiles, class Finish>
__device__ __forceinline__ void linear_finish(
    const Sums (&sums)[tiles], const float* bias, int row, int rows, int column, ProductMemory& memory, const Finish& finish)
{
    finish_tiles<cores, true, true, keeps>(sums, row, rows, column, pad4(outputs), memory, AddBias<Finish>{bias, finish});
}

// One tile of y.
template <int cores, bool keeps, int inputs, int outputs, int weight_stride, class Input, class Finish>
__device__ __forceinline__ void linear_forward(
    const Input& x, const float* weight, const float* bias, int row, int rows, int column, ProductMemory& memory, const Finish& finish)
{
    Sums sums[1];
    clear(sums);
    linear_sums<cores, inputs, outputs, weight_stride>(sums, x, weight, row, column, memory);
    linear_finish<cores, keeps, outputs>(sums, bias, row, rows, column, memory, finish);
}

// Adds one map's part, dy W, to tiles of dx, whose sums have the layout of TENSOR_CORES whatever the map's own arithmetic is.
template <int cores, int inputs, int outputs, int weight_stride, int gradient_stride, int tiles>
__device__ __forceinline__ void linear_input_gradient(
    Sums (&sums)[tiles], const float* dy, const float* weight, int row, int rows, int column, ProductMemory& memory)
{
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false, TENSOR_CORES>(
            sums[i], Along<gradient_stride>{dy, rows, pad4(outputs)}, Across<weight_stride>{weight, pad4(inputs), outputs}, row,
            column + i * tile, 0, pad4(outputs), memory);
    }
}

// Adds to all of dx what it has of 64 columns of dy, from column from on, which are kept in shared memory.
template <int cores, int inputs, int outputs, int weight_stride, int tiles>
__device__ __forceinline__ void linear_input_gradient_of_kept(Sums (&sums)[tiles], const float* weight, int from, ProductMemory& memory)
{
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false, TENSOR_CORES>(
            sums[i], Kept{}, Across<weight_stride>{weight + from * weight_stride, pad4(inputs), min(tile, outputs - from)}, 0, i * tile, 0,
            min(tile, pad4(outputs) - from), memory);
    }
}

// One tile of dW = dy^T x over some rows of the batch, and where the tile is the first in its row of tiles db, the column sums of dy.
template <int cores, int inputs, int outputs, int weight_stride, int gradient_stride, class Input>
__device__ __forceinline__ void linear_weight_gradient(
    const float* dy, const Input& x, int from, int to, int output, int input, float* dw, float* db, ProductMemory& memory)
{
    Sums sums[1];
    clear(sums);
    Across<gradient_stride> a{dy, pad4(outputs), to};
    if (input == 0)
    {
        accumulate<cores, true>(sums[0], a, x, output, input, from, to, memory);
        if (threadIdx.x < tile && output + threadIdx.x < pad4(outputs))
        {
            db[output + threadIdx.x] = memory.columns[threadIdx.x];
        }
    }
    else
    {
        accumulate<cores, false>(sums[0], a, x, output, input, from, to, memory);
    }
    finish_tiles<cores, false, false, false>(sums, output, outputs, input, pad4(inputs), memory, Write<weight_stride>{dw});
}

// The rows that part of all parts takes: whole multiples of the inner dimension's step, in order.
__device__ __forceinline__ void part_rows(int rows, int part, int parts, int& from, int& to)
{
    int steps = (rows + depth - 1) / depth;
    from = min(rows, share(steps, part, parts) * depth);
    to = min(rows, share(steps, part + 1, parts) * depth);
}
