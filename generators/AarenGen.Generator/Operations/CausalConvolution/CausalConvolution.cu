// needs: rows
// A causal depth-wise convolution over time with a residual: y_t = x_t + b + sum over j < taps of c_j x_{t-j}, zeros before the first token
// of a sequence. A channel has a row of weights, the token's own last: c_j is the one of column taps - 1 - j.

constexpr int convolution_weight_stride = 16;

// The factors of four channels for the token j before; the padding has none.
template <int taps, int width>
__device__ __forceinline__ float4 convolution_factors(
    const float* weights, // [width, 16]
    int column, int j)
{
    constexpr int stride = convolution_weight_stride;
    const float* own = weights + column * stride + taps - 1 - j;
    return make_float4(
        own[0], column + 1 < width ? own[stride] : 0.0f, column + 2 < width ? own[2 * stride] : 0.0f,
        column + 3 < width ? own[3 * stride] : 0.0f);
}

// The double of a state with which the row of a token begins, in the ring of the last taps - 1 rows; a token before the first one has the
// number -1 or less.
template <class Taps>
__device__ __forceinline__ int convolution_ring(int token)
{
    constexpr int kept = Taps::taps - 1;
    return 1 + (token + kept) % kept * (Taps::stride / 2);
}

// What a row sees of the tokens before the chunk: the sum of c_j x_{t-j} over them. Place: the tokens of the chunk before the row.
template <class Taps>
__device__ __forceinline__ float4 convolve_past(
    const Pass& pass,
    const float* weights, // [width, 16]
    int row, int place, int column, int state)
{
    constexpr int taps = Taps::taps, width = Taps::width;
    int sequence = sequence_of(pass, row), seen = tokens_before(pass, sequence, state);
    const double* before = state_before(pass, sequence, state);
    float4 sum = zero4();
    for (int j = place + 1; j < taps && j <= place + seen; j++)
    {
        const double* old = before + convolution_ring<Taps>(seen + place - j);
        sum = add4(sum, multiply4(convolution_factors<taps, width>(weights, column, j), load_state4(old, column / 2)));
    }
    return sum;
}

// Leaves the columns of a row in the state after its sequence, if it is among the last rows; with the last row those of tokens before the
// chunk that are still among them.
template <class Taps>
__device__ __forceinline__ void keep_row(
    const Pass& pass, int row, int column, int state, float4 value)
{
    constexpr int kept = Taps::taps - 1;
    int sequence = sequence_of(pass, row), end = pass.ends[sequence];
    double* after = state_after(pass, sequence, state);
    if (after == nullptr || end - row > kept)
    {
        return;
    }
    int seen = tokens_before(pass, sequence, state), token = seen + row - first_row(pass, sequence);
    store_state4(after + convolution_ring<Taps>(token), column / 2, value);
    if (row + 1 < end)
    {
        return;
    }
    const double* before = state_before(pass, sequence, state);
    for (int old = token - kept + 1; old < seen; old++)
    {
        int at = convolution_ring<Taps>(old);
        store_state4(after + at, column / 2, old < 0 ? zero4() : load_state4(before + at, column / 2));
    }
    if (column == 0)
    {
        *after = token + 1;
    }
}

template <class Taps>
__device__ __forceinline__ void convolve(
    const Pass& pass,
    const float* weights, // [width, 16]
    const float* bias,    // [stride]
    const float* x,       // [rows, stride]
    float* y,             // [rows, stride]
    int state)
{
    constexpr int taps = Taps::taps, width = Taps::width, stride = Taps::stride;
    __shared__ int before[16];      // the tokens before each row in its sequence
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        int row = first + threadIdx.x;
        before[threadIdx.x] = row - first_row(pass, sequence_of(pass, row));
    }
    __syncthreads();
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        const float* own = x + row * stride + column;
        float4 sum = add4(load4(own), load4(bias + column));
#pragma unroll
        for (int j = 0; j < taps; j++)
        {
            if (j <= before[row - first])
            {
                sum = add4(sum, multiply4(convolution_factors<taps, width>(weights, column, j), load4(own - j * stride)));
            }
        }
        if (carries_states())
        {
            if (before[row - first] < taps - 1)
            {
                sum = add4(sum, convolve_past<Taps>(pass, weights, static_cast<int>(row), before[row - first], column, state));
            }
            keep_row<Taps>(pass, static_cast<int>(row), column, state, load4(own));
        }
        store4(y + row * stride + column, sum);
    });
}

// dx_t = dy_t + the sum over j < taps of c_j dy_{t+j} up to the end of the sequence, added to the rows of the addend, if there is one.
template <class Taps>
__device__ __forceinline__ void convolve_backward(
    const Pass& pass,
    const float* weights, // [width, 16]
    const float* dy,      // [rows, stride]
    const float* addend,  // [rows, stride]
    float* dx)            // [rows, stride]
{
    constexpr int taps = Taps::taps, width = Taps::width, stride = Taps::stride;
    __shared__ int after[16];       // the tokens after each row in its sequence
    int first = blockIdx.x * 16, rows = min(16, pass.settings->rows - first);
    if (static_cast<int>(threadIdx.x) < rows)
    {
        int row = first + threadIdx.x;
        after[threadIdx.x] = pass.ends[sequence_of(pass, row)] - 1 - row;
    }
    __syncthreads();
    each_float4_column<width>(pass, [=](long long row, int column)
    {
        const float* own = dy + row * stride + column;
        float4 sum = load4(own);
#pragma unroll
        for (int j = 0; j < taps; j++)
        {
            if (j <= after[row - first])
            {
                sum = add4(sum, multiply4(convolution_factors<taps, width>(weights, column, j), load4(own + j * stride)));
            }
        }
        store4(dx + row * stride + column, addend == nullptr ? sum : add4(sum, load4(addend + row * stride + column)));
    });
}

// The gradients of weights and bias over one part of the rows of the batch: dc_j = the sum of dy_t x_{t-j}, db = the sum of dy_t. A block
// has 64 channels; four threads share one, with every fourth row each.
template <class Taps>
__device__ __forceinline__ void convolution_weights(
    const Pass& pass,
    const float* x,         // [rows, stride]
    const float* dy,        // [rows, stride]
    float* weights_partial, // [width, 16]
    float* bias_partial,    // [stride]
    int state)
{
    constexpr int taps = Taps::taps, width = Taps::width, stride = Taps::stride, parts = Taps::parts;
    __shared__ float sums[256];
    int part = blockIdx.x % parts, channel = static_cast<int>(blockIdx.x) / parts * 64 + threadIdx.x % 64, slot = threadIdx.x / 64;
    float own[taps + 1];
#pragma unroll
    for (int j = 0; j <= taps; j++)
    {
        own[j] = 0;
    }
    int rows = pass.settings->rows, to = static_cast<int>(static_cast<long long>(rows) * (part + 1) / parts);
    int row = static_cast<int>(static_cast<long long>(rows) * part / parts) + slot;
    if (channel < width && row < to)
    {
        int sequence = sequence_of(pass, row), first = first_row(pass, sequence), end = pass.ends[sequence];
        for (; row < to; row += 4)
        {
            while (row >= end)
            {
                first = end;
                end = pass.ends[++sequence];
            }
            long long at = static_cast<long long>(row) * stride + channel;
            float gradient = dy[at];
            own[taps] += gradient;
#pragma unroll
            for (int j = 0; j < taps; j++)
            {
                own[j] += row - j >= first ? gradient * x[at - j * stride] : 0.0f;
            }
            if (carries_states() && row - first < taps - 1)
            {
                const double* before = state_before(pass, sequence, state);
                int seen = tokens_before(pass, sequence, state);
#pragma unroll
                for (int j = 1; j < taps; j++)
                {
                    int token = seen + row - first - j;
                    if (row - j < first && token >= 0)
                    {
                        own[j] += gradient * reinterpret_cast<const float*>(before + convolution_ring<Taps>(token))[channel];
                    }
                }
            }
        }
    }
#pragma unroll
    for (int j = 0; j <= taps; j++)
    {
        __syncthreads();
        sums[threadIdx.x] = own[j];
        __syncthreads();
        if (slot == 0)
        {
            own[j] = sums[threadIdx.x] + sums[threadIdx.x + 64] + sums[threadIdx.x + 128] + sums[threadIdx.x + 192];
        }
    }
    if (slot == 0 && channel < width)
    {
#pragma unroll
        for (int j = 0; j < convolution_weight_stride; j++)
        {
            weights_partial[channel * convolution_weight_stride + (j < taps ? taps - 1 - j : j)] = j < taps ? own[j < taps ? j : 0] : 0.0f;
        }
    }
    if (slot == 0 && channel < stride)
    {
        bias_partial[channel] = own[taps];
    }
}
