// needs: chunks
// Recurrences whose gates depend on the token alone: h_t = keep_t h_{t-1} + add_t g(c_t) for each channel, keep + add = 1, with g(x) = x +
// 1/2 where x >= 0 and the logistic function elsewhere. The smaller of the two gates is computed to full precision, and h moves from one
// end by that fraction; from chunk to chunk it is carried in double. The sign of a gate is set where it is the keep gate.

// Zero has a sign too: a gate may be closed to underflow.
__device__ __forceinline__ bool is_keep_gate(float gate)
{
    return __float_as_int(gate) < 0;
}

struct MinGru
{
    static constexpr int gates = 1;

    // keep = sigma(-z)
    static __device__ __forceinline__ float smaller_gate(float z, float)
    {
        float e = expf(-fabsf(z)), smaller = e / (e + 1.0f);
        return z > 0 ? -smaller : smaller;
    }

    // The derivatives of log(keep / add).
    static __device__ __forceinline__ void derivatives(float, float, float& first, float& second)
    {
        first = -1.0f;
        second = 0.0f;
    }
};

struct MinLstm
{
    static constexpr int gates = 2;

    // keep = sigma(f) / (sigma(f) + sigma(i)), both divided by the larger power, so that gates that underflow still have a ratio.
    static __device__ __forceinline__ float smaller_gate(float f, float i)
    {
        float gap = (f < 0 ? f : 0.0f) - (i < 0 ? i : 0.0f), ratio = expf(-fabsf(gap));
        float keep = (gap < 0 ? ratio : 1.0f) * (1.0f + expf(-fabsf(i))), add = (gap < 0 ? 1.0f : ratio) * (1.0f + expf(-fabsf(f)));
        return (keep < add ? -keep : add) / (keep + add);
    }

    static __device__ __forceinline__ void derivatives(float f, float i, float& first, float& second)
    {
        first = complement(f);
        second = -complement(i);
    }

    // 1 - sigma(x)
    static __device__ __forceinline__ float complement(float x)
    {
        float e = expf(-fabsf(x));
        return (x > 0 ? e : 1.0f) / (1.0f + e);
    }
};

// g and its derivative.
__device__ __forceinline__ float positive(float x, float& derivative)
{
    float e = expf(x >= 0 ? 0.0f : x), inverse = 1.0f / (e + 1.0f);
    derivative = x >= 0 ? 1.0f : e * inverse * inverse;
    return x >= 0 ? x + 0.5f : e * inverse;
}

// Moves from old towards the candidate by the add gate, or from the candidate back by the keep gate.
__device__ __forceinline__ float blend(float gate, float old, float candidate)
{
    return is_keep_gate(gate) ? candidate - gate * (old - candidate) : old + gate * (candidate - old);
}

template <int index>
__device__ __forceinline__ float& at4(float4& v)
{
    return index == 0 ? v.x : index == 1 ? v.y : index == 2 ? v.z : v.w;
}

// One channel of a token in a chunk: what the chunk removes of the state before it, and what it adds.
template <class Gate, int channel>
__device__ __forceinline__ void enter(float4 first, float4 second, float4& gate, float4& candidate, float4& lost, float4& added)
{
    float derivative, own = Gate::smaller_gate(at4<channel>(first), at4<channel>(second)),
        c = positive(at4<channel>(candidate), derivative);
    at4<channel>(gate) = own;
    at4<channel>(candidate) = c;
    at4<channel>(lost) = blend(own, at4<channel>(lost), 1.0f);
    at4<channel>(added) = blend(own, at4<channel>(added), c);
}

template <class Gate, class Scan>
__device__ __forceinline__ void recurrence_forward(
    const Pass& pass,
    const float* first,      // [rows, stride]
    const float* second,     // [rows, stride], or null
    const float* candidates, // [rows, stride]
    float* output,           // [rows, stride]
    int state)
{
    using Shape = TimeShape<Scan>;
    constexpr int width = Scan::width, stride = Scan::stride;
    __shared__ ChunkEnds<Shape> losses, sums;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int start = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - start, channel = 4 * place.lane;
    double carried = channel_before(pass, place, state);
    for (int from = 0; from < rows; from += Shape::tile)
    {
        int t = from + place.chunk * Shape::length;
        float4 gates[Shape::length], values[Shape::length], lost = zero4(), added = zero4();
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            // Behind the end the state stays as it is.
            gates[i] = zero4();
            values[i] = zero4();
            if (place.isInside && t + i < rows)
            {
                long long at = static_cast<long long>(start + t + i) * stride + place.channel;
                float4 a = load4(first + at), b = Gate::gates > 1 ? load4(second + at) : zero4();
                values[i] = load4(candidates + at);
                enter<Gate, 0>(a, b, gates[i], values[i], lost, added);
                enter<Gate, 1>(a, b, gates[i], values[i], lost, added);
                enter<Gate, 2>(a, b, gates[i], values[i], lost, added);
                enter<Gate, 3>(a, b, gates[i], values[i], lost, added);
            }
        }
        store4(&losses.at[place.chunk][channel], lost);
        store4(&sums.at[place.chunk][channel], added);
        __syncthreads();
        if (threadIdx.x < Shape::channels)
        {
            for (int chunk = 0; chunk < Shape::chunks; chunk++)
            {
                double sum = sums.at[chunk][threadIdx.x];
                sums.at[chunk][threadIdx.x] = static_cast<float>(carried);
                carried += sum - losses.at[chunk][threadIdx.x] * carried;
            }
        }
        __syncthreads();
        float4 h = load4(&sums.at[place.chunk][channel]);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            h.x = blend(gates[i].x, h.x, values[i].x);
            h.y = blend(gates[i].y, h.y, values[i].y);
            h.z = blend(gates[i].z, h.z, values[i].z);
            h.w = blend(gates[i].w, h.w, values[i].w);
            if (place.isInside && t + i < rows)
            {
                store4(output + static_cast<long long>(start + t + i) * stride + place.channel, inside_width<width>(h, place.channel));
            }
        }
    }
    keep_channel(pass, place, state, carried);
}

// The channels of a thread in the state before the first row.
template <int width>
__device__ __forceinline__ float4 recurrence_before(const Pass& pass, int sequence, int channel, int state)
{
    const double* before = state_before(pass, sequence, state);
    if (before == nullptr || channel >= width)
    {
        return zero4();
    }
    before += channel;
    return make_float4(
        static_cast<float>(before[0]), channel + 1 < width ? static_cast<float>(before[1]) : 0.0f,
        channel + 2 < width ? static_cast<float>(before[2]) : 0.0f, channel + 3 < width ? static_cast<float>(before[3]) : 0.0f);
}

// One channel of a token in the backward pass: the keep gate, and the factors of the gradient of h for each input.
template <class Gate, int channel>
__device__ __forceinline__ void factors(
    float4 first, float4 second, float4 candidate, float4 before, float4& keep, float4& ofCandidate, float4& ofFirst, float4& ofSecond)
{
    float gate = Gate::smaller_gate(at4<channel>(first), at4<channel>(second)), smaller = fabsf(gate), larger = 1.0f - smaller;
    float derivative, derivativeFirst, derivativeSecond;
    float c = positive(at4<channel>(candidate), derivative), odds = smaller * larger * (at4<channel>(before) - c);
    Gate::derivatives(at4<channel>(first), at4<channel>(second), derivativeFirst, derivativeSecond);
    at4<channel>(keep) = is_keep_gate(gate) ? smaller : larger;
    at4<channel>(ofCandidate) = (is_keep_gate(gate) ? larger : smaller) * derivative;
    at4<channel>(ofFirst) = odds * derivativeFirst;
    at4<channel>(ofSecond) = odds * derivativeSecond;
}

// With H_t = dh_t + keep_{t+1} H_{t+1}, from the end: the gradient by g(c_t) is add_t H_t, that by log(keep_t / add_t) is
// keep_t add_t (h_{t-1} - g(c_t)) H_t.
template <class Gate, class Scan>
__device__ __forceinline__ void recurrence_backward(
    const Pass& pass,
    const float* gradient,     // [rows, stride]
    const float* first,        // [rows, stride]
    const float* second,       // [rows, stride], or null
    const float* candidates,   // [rows, stride]
    const float* output,       // [rows, stride]
    float* first_gradient,     // [rows, stride]
    float* second_gradient,    // [rows, stride], or null
    float* candidate_gradient, // [rows, stride]
    int state)
{
    using Shape = TimeShape<Scan>;
    constexpr int width = Scan::width, stride = Scan::stride;
    __shared__ ChunkEnds<Shape> keeps, sums;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int start = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - start, channel = 4 * place.lane;
    float carried = 0;
    for (int from = (rows - 1) / Shape::tile * Shape::tile; from >= 0; from -= Shape::tile)
    {
        int t = from + place.chunk * Shape::length;
        float4 own[Shape::length], keep[Shape::length], ofCandidate[Shape::length], ofFirst[Shape::length], ofSecond[Shape::length];
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            own[i] = ofCandidate[i] = ofFirst[i] = ofSecond[i] = zero4();
            keep[i] = make_float4(1, 1, 1, 1);
            if (place.isInside && t + i < rows)
            {
                long long at = static_cast<long long>(start + t + i) * stride + place.channel;
                float4 a = load4(first + at), b = Gate::gates > 1 ? load4(second + at) : zero4(), c = load4(candidates + at);
                float4 before = t + i > 0 ? load4(output + at - stride)
                    : recurrence_before<width>(pass, place.sequence, place.channel, state);
                own[i] = load4(gradient + at);
                factors<Gate, 0>(a, b, c, before, keep[i], ofCandidate[i], ofFirst[i], ofSecond[i]);
                factors<Gate, 1>(a, b, c, before, keep[i], ofCandidate[i], ofFirst[i], ofSecond[i]);
                factors<Gate, 2>(a, b, c, before, keep[i], ofCandidate[i], ofFirst[i], ofSecond[i]);
                factors<Gate, 3>(a, b, c, before, keep[i], ofCandidate[i], ofFirst[i], ofSecond[i]);
            }
        }
        float4 product = make_float4(1, 1, 1, 1), flow = zero4();
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            product = multiply4(product, keep[i]);
            flow = multiply4(keep[i], add4(own[i], flow));
        }
        store4(&keeps.at[place.chunk][channel], product);
        store4(&sums.at[place.chunk][channel], flow);
        __syncthreads();
        if (threadIdx.x < Shape::channels)
        {
            for (int chunk = Shape::chunks - 1; chunk >= 0; chunk--)
            {
                float sum = sums.at[chunk][threadIdx.x];
                sums.at[chunk][threadIdx.x] = carried;
                carried = keeps.at[chunk][threadIdx.x] * carried + sum;
            }
        }
        __syncthreads();
        flow = load4(&sums.at[place.chunk][channel]);
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            float4 all = add4(own[i], flow);
            flow = multiply4(keep[i], all);
            if (place.isInside && t + i < rows)
            {
                long long at = static_cast<long long>(start + t + i) * stride + place.channel;
                store4(candidate_gradient + at, inside_width<width>(multiply4(all, ofCandidate[i]), place.channel));
                store4(first_gradient + at, inside_width<width>(multiply4(all, ofFirst[i]), place.channel));
                if (Gate::gates > 1)
                {
                    store4(second_gradient + at, inside_width<width>(multiply4(all, ofSecond[i]), place.channel));
                }
            }
        }
    }
}
