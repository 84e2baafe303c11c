// needs: chunks
// The mean of all tokens so far, forward and backward pass. Sums are carried from chunk to chunk in double.

template <class Scan>
__device__ __forceinline__ void prefix_mean(
    const Pass& pass,
    const float* x, // [rows, stride]
    float* y,       // [rows, stride]
    int state)
{
    using Shape = TimeShape<Scan>;
    constexpr int width = Scan::width, stride = Scan::stride;
    __shared__ ChunkEnds<Shape> ends;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - first;
    int seen = tokens_before(pass, place.sequence, state);
    double carried = channel_before(pass, place, state + 1);
    for (int from = 0; from < rows; from += Shape::tile)
    {
        float4 sums[Shape::length];
        int t = from + place.chunk * Shape::length, channel = place.lane * 4;
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            sums[i] = place.isInside && t + i < rows ? load4(x + static_cast<long long>(first + t + i) * stride + place.channel) : zero4();
        }
#pragma unroll
        for (int i = 1; i < Shape::length; i++)
        {
            sums[i] = add4(sums[i - 1], sums[i]);
        }
        store4(&ends.at[place.chunk][channel], sums[Shape::length - 1]);
        __syncthreads();
        sums_before<Shape, false>(ends, carried);
        __syncthreads();
        float4 before = load4(&ends.at[place.chunk][channel]);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            if (place.isInside && t + i < rows)
            {
                float factor = 1.0f / static_cast<float>(seen + t + i + 1);
                store4(y + static_cast<long long>(first + t + i) * stride + place.channel, make_float4(
                    (before.x + sums[i].x) * factor, (before.y + sums[i].y) * factor,
                    (before.z + sums[i].z) * factor, (before.w + sums[i].w) * factor));
            }
        }
    }
    keep_channel(pass, place, state + 1, carried);
    double* after = state_after(pass, place.sequence, state);
    if (after != nullptr && place.channel == 0 && place.chunk == 0)
    {
        *after = seen + rows;
    }
}

// dx_t = the sum over all t' from t on of dy_t' / (t' + 1).
template <class Scan>
__device__ __forceinline__ void prefix_mean_backward(
    const Pass& pass,
    const float* dy, // [rows, stride]
    float* dx,       // [rows, stride]
    int state)
{
    using Shape = TimeShape<Scan>;
    constexpr int width = Scan::width, stride = Scan::stride;
    constexpr bool adds = Scan::adds;
    __shared__ ChunkEnds<Shape> ends;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - first;
    int seen = tokens_before(pass, place.sequence, state);
    double carried = 0;
    for (int from = (rows - 1) / Shape::tile * Shape::tile; from >= 0; from -= Shape::tile)
    {
        float4 sums[Shape::length];
        int t = from + place.chunk * Shape::length, channel = place.lane * 4;
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            float4 gradient = place.isInside && t + i < rows
                ? load4(dy + static_cast<long long>(first + t + i) * stride + place.channel) : zero4();
            float factor = 1.0f / static_cast<float>(seen + t + i + 1);
            sums[i] = make_float4(gradient.x * factor, gradient.y * factor, gradient.z * factor, gradient.w * factor);
        }
#pragma unroll
        for (int i = Shape::length - 2; i >= 0; i--)
        {
            sums[i] = add4(sums[i], sums[i + 1]);
        }
        store4(&ends.at[place.chunk][channel], sums[0]);
        __syncthreads();
        sums_before<Shape, true>(ends, carried);
        __syncthreads();
        float4 before = load4(&ends.at[place.chunk][channel]);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            if (place.isInside && t + i < rows)
            {
                float* target = dx + static_cast<long long>(first + t + i) * stride + place.channel;
                float4 gradient = add4(before, sums[i]);
                store4(target, adds ? add4(load4(target), gradient) : gradient);
            }
        }
    }
}
