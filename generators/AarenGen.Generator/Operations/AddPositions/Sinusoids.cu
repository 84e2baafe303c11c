// needs: rows
// Sines and cosines of a time t: column 2i is sin(t / P^(2i/width)), column 2i + 1 the cosine. A block takes 64 rows.

// Sine and cosine of an angle in half turns. Whole quarters are subtracted in double, so that the rest is small at any time.
__device__ __forceinline__ void sine_and_cosine(double halfTurns, float& sine, float& cosine)
{
    double quarters = rint(2 * halfTurns);
    int quarter = static_cast<int>(quarters - 4 * floor(0.25 * quarters));
    // At most a quarter of pi: the next terms of the series are below the last bit.
    float x = static_cast<float>((halfTurns - 0.5 * quarters) * 3.14159265358979324), square = x * x;
    float s = x + x * square * (-1.0f / 6 + square * (1.0f / 120 + square * (-1.0f / 5040 + square * (1.0f / 362880))));
    float c = 1.0f - square * (0.5f - square * (1.0f / 24 - square * (1.0f / 720 - square * (1.0f / 40320 - square * (1.0f / 3628800)))));
    sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
    cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
}

constexpr int sinusoid_rows = 64, sinusoid_pairs = 256;

// Calls a function with the row, the first column and four sinusoids of the time of the row, which is a double in shared memory.
template <int width, class Function>
__device__ __forceinline__ void each_sinusoid(
    int first, int rows, double logPeriod,
    const double* times, // [sinusoid_rows], in shared memory
    const Function& function)
{
    __shared__ double frequencies[sinusoid_pairs];
    for (int from = 0; from < pad4(width); from += 2 * sinusoid_pairs)
    {
        int float4s = min(2 * sinusoid_pairs, pad4(width) - from) / 4;
        __syncthreads();
        // In half turns, so that the angle needs no division by pi.
        frequencies[threadIdx.x] = exp2(-2.0 * (from / 2 + static_cast<int>(threadIdx.x)) / width * logPeriod) * 0.318309886183790672;
        __syncthreads();
        for (int i = threadIdx.x; i < rows * float4s; i += 256)
        {
            int row = i / float4s, column = i % float4s * 4;
            float4 result;
            sine_and_cosine(times[row] * frequencies[column / 2], result.x, result.y);
            sine_and_cosine(times[row] * frequencies[column / 2 + 1], result.z, result.w);
            column += from;
            result.y = column + 1 < width ? result.y : 0.0f;
            result.z = column + 2 < width ? result.z : 0.0f;
            result.w = column + 3 < width ? result.w : 0.0f;
            function(static_cast<long long>(first + row), column, result);
        }
    }
}

// The sinusoids of the time in a column of each token.
template <class Encoding>
__device__ __forceinline__ void encode_times(
    const Pass& pass, double logPeriod,
    const float* tokens, // [rows, token_stride]
    float* y)            // [rows, stride]
{
    constexpr int width = Encoding::width, stride = Encoding::stride;
    constexpr int token_stride = Encoding::token_stride, time_column = Encoding::time_column;
    __shared__ double times[sinusoid_rows];
    int first = blockIdx.x * sinusoid_rows, rows = min(sinusoid_rows, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        times[threadIdx.x] = tokens[static_cast<long long>(first + threadIdx.x) * token_stride + time_column];
    }
    each_sinusoid<width>(
        first, rows, logPeriod, times, [=](long long row, int column, float4 value) { store4(y + row * stride + column, value); });
}

// y = x + the sinusoids of each token's place in its sequence.
template <class Rows>
__device__ __forceinline__ void add_sinusoids(
    const Pass& pass, double logPeriod,
    const float* x, // [rows, stride]
    float* y,       // [rows, stride]
    int state)
{
    constexpr int width = Rows::width, stride = Rows::stride;
    __shared__ double times[sinusoid_rows];
    int first = blockIdx.x * sinusoid_rows, rows = min(sinusoid_rows, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        times[threadIdx.x] = place_of(pass, first + threadIdx.x, state);
    }
    each_sinusoid<width>(first, rows, logPeriod, times, [=](long long row, int column, float4 value)
    {
        store4(y + row * stride + column, add4(load4(x + row * stride + column), value));
    });
}
