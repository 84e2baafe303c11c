// needs: chunks
// The gradient of forget gates. The scan of prefix attention gives the gradients of scores. A decay is added to the exponents of all
// earlier tokens, and a number added to all exponents leaves the output unchanged, so its gradient is minus the sum of the gradients of the
// scores from its token on.

// df_t = -sigma(-f_t) times the sum over all t' from t on of ds_t'; of the first token, where there is nothing before it, 0.
template <class Scan>
__device__ __forceinline__ void forget_gate_backward(
    const Pass& pass,
    const float* score_gradient, // [rows, stride]
    const float* forgets,        // [rows, stride]
    float* forget_gradient,      // [rows, stride]
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
    const bool isBegun = state_before(pass, place.sequence, state) != nullptr;
    double carried = 0;
    for (int from = (rows - 1) / Shape::tile * Shape::tile; from >= 0; from -= Shape::tile)
    {
        float4 sums[Shape::length];
        int t = from + place.chunk * Shape::length, channel = place.lane * 4;
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            sums[i] = place.isInside && t + i < rows
                ? load4(score_gradient + static_cast<long long>(first + t + i) * stride + place.channel) : zero4();
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
        float4 behind = load4(&ends.at[place.chunk][channel]);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            if (place.isInside && t + i < rows)
            {
                long long at = static_cast<long long>(first + t + i) * stride + place.channel;
                float4 f = load4(forgets + at), sum = add4(behind, sums[i]);
                float4 gradient = make_float4(
                    -sum.x / (1.0f + expf(f.x)), -sum.y / (1.0f + expf(f.y)), -sum.z / (1.0f + expf(f.z)), -sum.w / (1.0f + expf(f.w)));
                store4(forget_gradient + at, t + i == 0 && !isBegun ? zero4() : inside_width<width>(gradient, place.channel));
            }
        }
        __syncthreads();
    }
}
