// needs: stretches
// The mean of all tokens so far, forward and back. Sums go on from stretch to stretch in double.

// Each stretch's sum becomes the sum before it, in the order of time or against it; a thread a channel.
template <class Shape, bool backwards>
__device__ __forceinline__ void sums_before(StretchEnds<Shape>& ends, double& carried)
{
    if (threadIdx.x < Shape::channels)
    {
        for (int i = 0; i < Shape::stretches; i++)
        {
            float& end = ends.at[backwards ? Shape::stretches - 1 - i : i][threadIdx.x];
            float sum = end;
            end = static_cast<float>(carried);
            carried += sum;
        }
    }
}

template <class Shape, int width, int stride>
__device__ __forceinline__ void prefix_mean(const Pass& pass, const float* x, float* y)
{
    __shared__ StretchEnds<Shape> ends;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - first;
    double carried = 0;
    for (int from = 0; from < rows; from += Shape::tile)
    {
        float4 sums[Shape::length];
        int t = from + place.stretch * Shape::length, channel = place.lane * 4;
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
        store4(&ends.at[place.stretch][channel], sums[Shape::length - 1]);
        __syncthreads();
        sums_before<Shape, false>(ends, carried);
        __syncthreads();
        float4 before = load4(&ends.at[place.stretch][channel]);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            if (place.isInside && t + i < rows)
            {
                float share = 1.0f / static_cast<float>(t + i + 1);
                store4(y + static_cast<long long>(first + t + i) * stride + place.channel, make_float4(
                    (before.x + sums[i].x) * share, (before.y + sums[i].y) * share,
                    (before.z + sums[i].z) * share, (before.w + sums[i].w) * share));
            }
        }
    }
}

// dx_t = the sum over all t' from t on of dy_t' / (t' + 1).
template <class Shape, bool adds, int width, int stride>
__device__ __forceinline__ void prefix_mean_backward(const Pass& pass, const float* dy, float* dx)
{
    __shared__ StretchEnds<Shape> ends;
    const TimePlace<Shape, width> place;
    if (place.sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, place.sequence), rows = pass.ends[place.sequence] - first;
    double carried = 0;
    for (int from = (rows - 1) / Shape::tile * Shape::tile; from >= 0; from -= Shape::tile)
    {
        float4 sums[Shape::length];
        int t = from + place.stretch * Shape::length, channel = place.lane * 4;
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            float4 gradient = place.isInside && t + i < rows
                ? load4(dy + static_cast<long long>(first + t + i) * stride + place.channel) : zero4();
            float share = 1.0f / static_cast<float>(t + i + 1);
            sums[i] = make_float4(gradient.x * share, gradient.y * share, gradient.z * share, gradient.w * share);
        }
#pragma unroll
        for (int i = Shape::length - 2; i >= 0; i--)
        {
            sums[i] = add4(sums[i], sums[i + 1]);
        }
        store4(&ends.at[place.stretch][channel], sums[0]);
        __syncthreads();
        sums_before<Shape, true>(ends, carried);
        __syncthreads();
        float4 before = load4(&ends.at[place.stretch][channel]);
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
