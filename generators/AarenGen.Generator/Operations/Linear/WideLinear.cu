// needs: wide_gemm, Linear
// Linear maps of wide rows, in tiles of 128 by 128. The arithmetic is that of Linear; what is multiplied may be kept as operands.

// One tile of y = x W^T + bias.
template <class Map, class Input, class Weight, class Finish>
__device__ __forceinline__ void wide_linear_forward(
    const Input& x,
    const Weight* weight, // [outputs, input_stride]
    const float* bias,    // [output_stride]
    int row, int rows, int column, WideGemmMemory& memory, const Finish& finish)
{
    constexpr int cores = Map::cores, outputs = Map::outputs, inner = pad4(Map::inputs);
    WideAccumulators accumulators;
    clear(accumulators);
    accumulate_wide<cores, cores>(
        accumulators, x, WideKContiguous<Map::input_stride, Weight>{weight, outputs, inner}, row, column, 0, inner, memory,
        NoSums{});
    finish_wide_tile<cores, true, true>(accumulators, row, rows, column, pad4(outputs), memory, AddBias<Finish>{bias, finish});
}

// Adds one map's contribution, dy W, to a tile of dx, whose accumulators have the layout of TENSOR_CORES whatever the arithmetic of the
// map.
template <class Map, class Gradient, class Weight>
__device__ __forceinline__ void wide_linear_input_gradient(
    WideAccumulators& accumulators,
    const Gradient* dy,   // [rows, output_stride]
    const Weight* weight, // [outputs, input_stride]
    int row, int rows, int column, WideGemmMemory& memory)
{
    constexpr int outputs = Map::outputs, inner = pad4(outputs);
    accumulate_wide<Map::cores, TENSOR_CORES>(
        accumulators, WideKContiguous<Map::output_stride, Gradient>{dy, rows, inner},
        WideMnContiguous<Map::input_stride, Weight>{weight, pad4(Map::inputs), outputs}, row, column, 0, inner, memory, NoSums{});
}

// Finishes a tile of dx, whatever maps contributed to it.
template <class Map, class Finish>
__device__ __forceinline__ void finish_wide_input_gradient(
    const WideAccumulators& accumulators, int row, int rows, int column, WideGemmMemory& memory, const Finish& finish)
{
    finish_wide_tile<TENSOR_CORES, true, false>(accumulators, row, rows, column, pad4(Map::inputs), memory, finish);
}

// One tile of dW = dy^T x over a part of the rows; the first tile of a row of tiles also computes db, the column sums of dy.
template <class Map, class Gradient, class Input>
__device__ __forceinline__ void wide_linear_weight_gradient(
    const Gradient* dy, // [rows, output_stride]
    const Input* x,     // [rows, input_stride]
    int from, int to, int output, int input,
    float* dw,          // [outputs, input_stride]
    float* db,          // [output_stride]
    WideGemmMemory& memory)
{
    constexpr int cores = Map::cores, outputs = Map::outputs;
    typedef WideMnContiguous<Map::output_stride, Gradient> A;
    typedef WideMnContiguous<Map::input_stride, Input> B;
    A a{dy, pad4(outputs), to};
    B b{x, pad4(Map::inputs), to};
    WideAccumulators accumulators;
    clear(accumulators);
    if (input == 0)
    {
        float sum = 0;
        accumulate_wide<cores, cores>(
            accumulators, a, b, output, input, from, to, memory, ColumnSums<A, typename StageElement<cores>::type>{sum});
        if (threadIdx.x < wide_tile && output + threadIdx.x < pad4(outputs))
        {
            db[output + threadIdx.x] = sum;
        }
    }
    else
    {
        accumulate_wide<cores, cores>(accumulators, a, b, output, input, from, to, memory, NoSums{});
    }
    finish_wide_tile<cores, false, false>(
        accumulators, output, outputs, input, pad4(Map::inputs), memory, Write<Map::input_stride>{dw});
}
