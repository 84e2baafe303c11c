// needs: gemm
// Linear maps y = x W^T + bias of rows, forward and backward pass. W is [outputs, input_stride]. Map: cores (the arithmetic, 0 where it
// must be float32), inputs, outputs, and the strides of both.

// Epilogues of a linear map, for four columns of a row each. What they return is the value of what reads the tile next.
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
    const float* addend;    // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return add4(value, load4(addend + static_cast<long long>(row) * stride + column));
    }
};

// T: float, or operand_t where what is written is only multiplied.
template <int stride, class T = float>
struct Write
{
    T* to;                  // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        store4(to + static_cast<long long>(row) * stride + column, value);
        return value;
    }
};

template <int stride, class T = float>
struct WriteSum
{
    T* to;                  // [rows, stride]
    const float* addend;    // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return Write<stride, T>{to}(row, column, Sum<stride>{addend}(row, column, value));
    }
};

template <int stride, class T = float>
struct WriteProduct
{
    T* to;                  // [rows, stride]
    const float* factor;    // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return Write<stride, T>{to}(row, column, multiply4(value, load4(factor + static_cast<long long>(row) * stride + column)));
    }
};

// The function's value; its derivative replaces its argument.
template <class Function, int stride, class T = float>
struct WriteActivation
{
    float* derivatives;     // [rows, stride]
    T* values;              // [rows, stride]

    __device__ __forceinline__ float4 operator()(int row, int column, float4 x) const
    {
        float4 y, derivative;
        y.x = Function::value(x.x, derivative.x);
        y.y = Function::value(x.y, derivative.y);
        y.z = Function::value(x.z, derivative.z);
        y.w = Function::value(x.w, derivative.w);
        Write<stride>{derivatives}(row, column, derivative);
        return Write<stride, T>{values}(row, column, y);
    }
};

template <class Finish>
struct AddBias
{
    const float* bias;      // [output_stride]
    const Finish& finish;

    __device__ __forceinline__ float4 operator()(int row, int column, float4 value) const
    {
        return finish(row, column, add4(value, load4(bias + column)));
    }
};

// Accumulates tiles of y, 64 rows from row on and outputs from column on.
template <class Map, int tiles, class Input>
__device__ __forceinline__ void linear_accumulate(
    Accumulators (&accumulators)[tiles], const Input& x,
    const float* weight, // [outputs, input_stride]
    int row, int column, GemmMemory& memory)
{
    constexpr int cores = Map::cores, inputs = Map::inputs, outputs = Map::outputs, weight_stride = Map::input_stride;
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false>(
            accumulators[i], x, KContiguous<weight_stride>{weight, outputs, pad4(inputs)}, row, column + i * tile, 0, pad4(inputs), memory);
    }
}

// Adds to all of y the contribution of 64 columns of x, from column from on, which are in shared memory.
template <class Map, int tiles>
__device__ __forceinline__ void linear_accumulate_from_shared(
    Accumulators (&accumulators)[tiles],
    const float* weight, // [outputs, input_stride]
    int from, GemmMemory& memory)
{
    constexpr int cores = Map::cores, inputs = Map::inputs, outputs = Map::outputs, weight_stride = Map::input_stride;
    int inner = min(tile, pad4(inputs) - from);
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false>(
            accumulators[i], InSharedMemory{}, KContiguous<weight_stride>{weight + from, outputs, inner}, 0, i * tile, 0, inner, memory);
    }
}

template <class Map, bool stays_in_shared, int tiles, class Finish>
__device__ __forceinline__ void linear_finish(
    const Accumulators (&accumulators)[tiles],
    const float* bias, // [output_stride]
    int row, int rows, int column, GemmMemory& memory, const Finish& finish)
{
    finish_tiles<Map::cores, true, true, stays_in_shared>(
        accumulators, row, rows, column, pad4(Map::outputs), memory, AddBias<Finish>{bias, finish});
}

// One tile of y.
template <class Map, bool stays_in_shared, class Input, class Finish>
__device__ __forceinline__ void linear_forward(
    const Input& x,
    const float* weight, // [outputs, input_stride]
    const float* bias,   // [output_stride]
    int row, int rows, int column, GemmMemory& memory, const Finish& finish)
{
    Accumulators accumulators[1];
    clear(accumulators);
    linear_accumulate<Map>(accumulators, x, weight, row, column, memory);
    linear_finish<Map, stays_in_shared>(accumulators, bias, row, rows, column, memory, finish);
}

// Adds one map's contribution, dy W, to tiles of dx, whose accumulators have the layout of TENSOR_CORES whatever the arithmetic of the map.
template <class Map, int tiles>
__device__ __forceinline__ void linear_input_gradient(
    Accumulators (&accumulators)[tiles],
    const float* dy,     // [rows, output_stride]
    const float* weight, // [outputs, input_stride]
    int row, int rows, int column, GemmMemory& memory)
{
    constexpr int cores = Map::cores, inputs = Map::inputs, outputs = Map::outputs, weight_stride = Map::input_stride;
    constexpr int gradient_stride = Map::output_stride;
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false, TENSOR_CORES>(
            accumulators[i], KContiguous<gradient_stride>{dy, rows, pad4(outputs)},
                MnContiguous<weight_stride>{weight, pad4(inputs), outputs}, row,
            column + i * tile, 0, pad4(outputs), memory);
    }
}

// Finishes a tile of dx, whatever maps contributed to it.
template <class Map, bool stays_in_shared, int tiles, class Finish>
__device__ __forceinline__ void finish_input_gradient(
    const Accumulators (&accumulators)[tiles], int row, int rows, int column, GemmMemory& memory, const Finish& finish)
{
    finish_tiles<TENSOR_CORES, true, false, stays_in_shared>(accumulators, row, rows, column, pad4(Map::inputs), memory, finish);
}

// Adds to all of dx the contribution of 64 columns of dy, from column from on, which are in shared memory.
template <class Map, int tiles>
__device__ __forceinline__ void linear_input_gradient_from_shared(
    Accumulators (&accumulators)[tiles],
    const float* weight, // [outputs, input_stride]
    int from, GemmMemory& memory)
{
    constexpr int cores = Map::cores, inputs = Map::inputs, outputs = Map::outputs, weight_stride = Map::input_stride;
#pragma unroll
    for (int i = 0; i < tiles; i++)
    {
        accumulate<cores, false, TENSOR_CORES>(
            accumulators[i], InSharedMemory{},
            MnContiguous<weight_stride>{weight + from * weight_stride, pad4(inputs), min(tile, outputs - from)}, 0, i * tile, 0,
            min(tile, pad4(outputs) - from), memory);
    }
}

// One tile of dW = dy^T x over a part of the rows; the first tile of a row of tiles also computes db, the column sums of dy.
template <class Map, class Input>
__device__ __forceinline__ void linear_weight_gradient(
    const float* dy, // [rows, output_stride]
    const Input& x, int from, int to, int output, int input,
    float* dw,       // [outputs, input_stride]
    float* db,       // [output_stride]
    GemmMemory& memory)
{
    constexpr int cores = Map::cores, inputs = Map::inputs, outputs = Map::outputs, weight_stride = Map::input_stride;
    constexpr int gradient_stride = Map::output_stride;
    Accumulators accumulators[1];
    clear(accumulators);
    MnContiguous<gradient_stride> a{dy, pad4(outputs), to};
    if (input == 0)
    {
        accumulate<cores, true>(accumulators[0], a, x, output, input, from, to, memory);
        if (threadIdx.x < tile && output + threadIdx.x < pad4(outputs))
        {
            db[output + threadIdx.x] = memory.columns[threadIdx.x];
        }
    }
    else
    {
        accumulate<cores, false>(accumulators[0], a, x, output, input, from, to, memory);
    }
    finish_tiles<cores, false, false, false>(accumulators, output, outputs, input, pad4(inputs), memory, Write<weight_stride>{dw});
}

// The rows of one of all parts: whole multiples of the depth of a stage, in order.
__device__ __forceinline__ void partition_rows(int rows, int part, int parts, int& from, int& to)
{
    int steps = (rows + depth - 1) / depth;
    from = min(rows, partition_begin(steps, part, parts) * depth);
    to = min(rows, partition_begin(steps, part + 1, parts) * depth);
}
