// Attention of a constant query over each prefix, in gate form: with the weight w_t = sum of e^{s_i}, i <= t, and b_t = e^{s_t} / w_t,
// o_t = (1 - b_t) o_{t-1} + b_t v_t. Kept for the way back: b, a number a head, and o.
//
// A block takes some heads of one sequence, tile after tile of its tokens. Inside a tile a thread takes a few channels of a short stretch
// of tokens, which it holds in registers: each value is read once. What stretches do to what came before them is a factor and a sum, which
// are combined through shared memory.

// How a block is cut: so many heads, lanes threads along their channels with a vector of them each, in several rounds where a head is
// wider, and stretches of length tokens. The plan decides.
template <int channels_of_head, int vector_, int group_, int lanes_, int rounds_, int stretches_, int length_>
struct AttentionShape
{
    static constexpr int channels = channels_of_head, vector = vector_, group = group_, lanes = lanes_, rounds = rounds_, stretches = stretches_, length = length_;
    static constexpr int tile = stretches * length, threads = lanes * stretches;
};

template <int vector>
struct Channels
{
    float at[vector];
};

template <int vector>
__device__ __forceinline__ Channels<vector> load_channels(const float* from, bool inside)
{
    Channels<vector> result;
    if (vector == 4)
    {
        float4 four = inside ? load4(from) : zero4();
        result.at[0] = four.x;
        if (vector > 1)
        {
            result.at[1 % vector] = four.y, result.at[2 % vector] = four.z, result.at[3 % vector] = four.w;
        }
    }
    else
    {
        result.at[0] = inside ? *from : 0.0f;
    }
    return result;
}

template <int vector>
__device__ __forceinline__ void store_channels(float* to, const Channels<vector>& values)
{
    if (vector == 4)
    {
        store4(to, make_float4(values.at[0], values.at[1 % vector], values.at[2 % vector], values.at[3 % vector]));
    }
    else
    {
        *to = values.at[0];
    }
}

// The shares b of a tile's tokens, a warp a head: a scan of maximum and weight over the tokens.
template <class Shape, int heads, int score_stride, int share_stride>
__device__ __forceinline__ void attention_shares(
    const float* scores, long long first, int count, int firstHead, float (&shares)[Shape::tile][Shape::group], float (&maxima)[Shape::group],
    double (&weights)[Shape::group], float* kept)
{
    int lane = threadIdx.x % 32;
    for (int h = threadIdx.x / 32; h < Shape::group; h += Shape::threads / 32)
    {
        // Of a head that there is not, the shares are zero.
        int head = firstHead + h;
        float before = maxima[h];
        double weightBefore = weights[h];
        for (int from = 0; from < Shape::tile; from += 32)
        {
            int t = from + lane;
            bool inside = t < count && head < heads;
            // Infinity would pass for a clear winner: it is an overflow upstream, and NaN says so.
            float score = inside ? scores[(first + t) * score_stride + head] : -infinity();
            if (inside && !(fabsf(score) < infinity()))
            {
                score = not_a_number();
            }
            float maximum = score, weight = inside ? 1.0f : 0.0f;
            for (int distance = 1; distance < 32; distance *= 2)
            {
                float otherMaximum = __shfl_up_sync(0xffffffffu, maximum, distance), otherWeight = __shfl_up_sync(0xffffffffu, weight, distance);
                if (lane >= distance)
                {
                    float both = fmaxf(maximum, otherMaximum);
                    // Where there is nothing, the maximum is minus infinity and its difference with itself NaN.
                    weight = (weight == 0.0f ? 0.0f : weight * expf(maximum - both)) + (otherWeight == 0.0f ? 0.0f : otherWeight * expf(otherMaximum - both));
                    maximum = both;
                }
            }
            float both = fmaxf(maximum, before);
            double whole = weight * (weight == 0.0f ? 0.0 : static_cast<double>(expf(maximum - both)))
                + (weightBefore == 0 ? 0.0 : weightBefore * expf(before - both));
            float share = inside ? static_cast<float>(expf(score - both) / whole) : 0.0f;
            if (t < Shape::tile)
            {
                shares[t][h] = share;
            }
            if (inside && t < Shape::tile)
            {
                kept[(first + t) * share_stride + head] = share;
            }
            before = __shfl_sync(0xffffffffu, both, 31);
            weightBefore = __shfl_sync(0xffffffffu, whole, 31);
        }
        if (lane == 0)
        {
            maxima[h] = before;
            weights[h] = weightBefore;
        }
    }
}

// Columns between the width and the next multiple of four are read by products: they are zero.
template <int width, int stride>
__device__ __forceinline__ void clear_padding(float* rows, long long first, int count)
{
    constexpr int padding = pad4(width) - width;
    for (int i = threadIdx.x; i < count * padding; i += blockDim.x)
    {
        rows[(first + i / max(padding, 1)) * stride + width + i % max(padding, 1)] = 0;
    }
}

template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_forward(const Pass& pass, const float* values, const float* scores, float* shares_kept, float* output)
{
    constexpr int groups = (heads + Shape::group - 1) / Shape::group;
    __shared__ float shares[Shape::tile][Shape::group];
    __shared__ float maxima[Shape::group];
    __shared__ double weights[Shape::group];
    __shared__ float factors[Shape::stretches][Shape::group];
    __shared__ float ends[Shape::stretches][Shape::lanes * Shape::vector + 1];
    __shared__ float carried[Shape::rounds][Shape::lanes * Shape::vector];
    int sequence = blockIdx.x / groups, firstHead = blockIdx.x % groups * Shape::group;
    if (sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, sequence), rows = pass.ends[sequence] - first;
    int lane = threadIdx.x % Shape::lanes, stretch = threadIdx.x / Shape::lanes;
    for (int i = threadIdx.x; i < Shape::group; i += Shape::threads)
    {
        maxima[i] = -infinity();
        weights[i] = 0;
    }
    for (int i = threadIdx.x; i < Shape::rounds * Shape::lanes * Shape::vector; i += Shape::threads)
    {
        carried[i / (Shape::lanes * Shape::vector)][i % (Shape::lanes * Shape::vector)] = 0;
    }
    if (firstHead == 0)
    {
        clear_padding<width, stride>(output, first, rows);
    }
    for (int from = 0; from < rows; from += Shape::tile)
    {
        int count = min(Shape::tile, rows - from);
        __syncthreads();
        attention_shares<Shape, heads, score_stride, share_stride>(scores, first + from, count, firstHead, shares, maxima, weights, shares_kept);
        __syncthreads();
        for (int round = 0; round < Shape::rounds; round++)
        {
            int own = (round * Shape::lanes + lane) * Shape::vector, head = min(own / Shape::channels, Shape::group - 1), channel = firstHead * Shape::channels + own;
            bool inside = own < Shape::group * Shape::channels && channel < width;
            int t = stretch * Shape::length;
            Channels<Shape::vector> read[Shape::length], sum;
            float factor = 1;
            for (int c = 0; c < Shape::vector; c++)
            {
                sum.at[c] = 0;
            }
            for (int i = 0; i < Shape::length; i++)
            {
                read[i] = load_channels<Shape::vector>(values + (first + from + t + i) * static_cast<long long>(stride) + channel, inside && t + i < count);
            }
            for (int i = 0; i < Shape::length; i++)
            {
                float add = shares[t + i][head], keep = 1.0f - add;
                factor *= keep;
                for (int c = 0; c < Shape::vector; c++)
                {
                    sum.at[c] = keep * sum.at[c] + add * read[i].at[c];
                }
            }
            for (int c = 0; c < Shape::vector; c++)
            {
                ends[stretch][lane * Shape::vector + c] = sum.at[c];
            }
            if ((inside && own % Shape::channels == 0) || (round > 0 && lane == 0))
            {
                factors[stretch][head] = factor;
            }
            __syncthreads();
            for (int c = 0; c < Shape::vector; c++)
            {
                sum.at[c] = carried[round][lane * Shape::vector + c];
            }
            for (int before = 0; before < stretch && inside; before++)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    sum.at[c] = factors[before][head] * sum.at[c] + ends[before][lane * Shape::vector + c];
                }
            }
            for (int i = 0; i < Shape::length; i++)
            {
                float add = shares[t + i][head], keep = 1.0f - add;
                for (int c = 0; c < Shape::vector; c++)
                {
                    sum.at[c] = keep * sum.at[c] + add * read[i].at[c];
                }
                if (inside && t + i < count)
                {
                    store_channels<Shape::vector>(output + (first + from + t + i) * static_cast<long long>(stride) + channel, sum);
                }
            }
            __syncthreads();
            if (stretch == Shape::stretches - 1)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    carried[round][lane * Shape::vector + c] = sum.at[c];
                }
            }
        }
    }
}

// The way back, from a sequence's end: G_t = g_t + (1 - b_{t+1}) G_{t+1} and C_t = g_t o_t + (1 - b_{t+1}) C_{t+1} a channel;
// dv_t = b_t G_t, ds_t = b_t times the sum over the head's channels of v_t G_t - C_t, which cancel: C and the sum are in double.
template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_backward(
    const Pass& pass, const float* gradient, const float* values, const float* output, const float* shares_kept, float* value_gradient, float* score_gradient)
{
    constexpr int groups = (heads + Shape::group - 1) / Shape::group;
    __shared__ float shares[Shape::tile][Shape::group];
    __shared__ float factors[Shape::stretches][Shape::group];
    __shared__ float ends[Shape::stretches][Shape::lanes * Shape::vector + 1];
    __shared__ double sums[Shape::stretches][Shape::lanes * Shape::vector];
    __shared__ float carried[Shape::rounds][Shape::lanes * Shape::vector];
    __shared__ double carriedSums[Shape::rounds][Shape::lanes * Shape::vector];
    __shared__ double differences[Shape::tile][Shape::lanes + 1];
    int sequence = blockIdx.x / groups, firstHead = blockIdx.x % groups * Shape::group;
    if (sequence >= pass.settings->sequences)
    {
        return;
    }
    int first = first_row(pass, sequence), rows = pass.ends[sequence] - first;
    int lane = threadIdx.x % Shape::lanes, stretch = threadIdx.x / Shape::lanes;
    for (int i = threadIdx.x; i < Shape::rounds * Shape::lanes * Shape::vector; i += Shape::threads)
    {
        carried[i / (Shape::lanes * Shape::vector)][i % (Shape::lanes * Shape::vector)] = 0;
        carriedSums[i / (Shape::lanes * Shape::vector)][i % (Shape::lanes * Shape::vector)] = 0;
    }
    if (firstHead == 0)
    {
        clear_padding<width, stride>(value_gradient, first, rows);
        clear_padding<heads, score_stride>(score_gradient, first, rows);
    }
    for (int from = (rows - 1) / Shape::tile * Shape::tile; from >= 0; from -= Shape::tile)
    {
        int count = min(Shape::tile, rows - from);
        __syncthreads();
        for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
        {
            int t = i / Shape::group, head = firstHead + i % Shape::group;
            shares[t][i % Shape::group] = t < count && head < heads ? shares_kept[static_cast<long long>(first + from + t) * share_stride + head] : 0.0f;
        }
        __syncthreads();
        for (int round = 0; round < Shape::rounds; round++)
        {
            int own = (round * Shape::lanes + lane) * Shape::vector, head = min(own / Shape::channels, Shape::group - 1), channel = firstHead * Shape::channels + own;
            bool inside = own < Shape::group * Shape::channels && channel < width;
            int t = stretch * Shape::length;
            Channels<Shape::vector> g[Shape::length], product[Shape::length], v[Shape::length], flow;
            double flowing[Shape::vector];
            float factor = 1;
            for (int i = 0; i < Shape::length; i++)
            {
                long long at = (first + from + t + i) * static_cast<long long>(stride) + channel;
                bool isToken = inside && t + i < count;
                g[i] = load_channels<Shape::vector>(gradient + at, isToken);
                v[i] = load_channels<Shape::vector>(values + at, isToken);
                product[i] = load_channels<Shape::vector>(output + at, isToken);
                for (int c = 0; c < Shape::vector; c++)
                {
                    product[i].at[c] *= g[i].at[c];
                }
            }
            for (int c = 0; c < Shape::vector; c++)
            {
                flow.at[c] = 0;
                flowing[c] = 0;
            }
            for (int i = Shape::length - 1; i >= 0; i--)
            {
                float keep = 1.0f - shares[t + i][head];
                factor *= keep;
                for (int c = 0; c < Shape::vector; c++)
                {
                    flow.at[c] = keep * (g[i].at[c] + flow.at[c]);
                    flowing[c] = keep * (product[i].at[c] + flowing[c]);
                }
            }
            for (int c = 0; c < Shape::vector; c++)
            {
                ends[stretch][lane * Shape::vector + c] = flow.at[c];
                sums[stretch][lane * Shape::vector + c] = flowing[c];
            }
            if ((inside && own % Shape::channels == 0) || (round > 0 && lane == 0))
            {
                factors[stretch][head] = factor;
            }
            __syncthreads();
            for (int c = 0; c < Shape::vector; c++)
            {
                flow.at[c] = carried[round][lane * Shape::vector + c];
                flowing[c] = carriedSums[round][lane * Shape::vector + c];
            }
            for (int after = Shape::stretches - 1; after > stretch && inside; after--)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    flow.at[c] = factors[after][head] * flow.at[c] + ends[after][lane * Shape::vector + c];
                    flowing[c] = factors[after][head] * flowing[c] + sums[after][lane * Shape::vector + c];
                }
            }
            for (int i = Shape::length - 1; i >= 0; i--)
            {
                float add = shares[t + i][head], keep = 1.0f - add;
                double difference = 0;
                Channels<Shape::vector> result;
                for (int c = 0; c < Shape::vector; c++)
                {
                    float all = g[i].at[c] + flow.at[c];
                    double sum = product[i].at[c] + flowing[c];
                    result.at[c] = add * all;
                    difference += static_cast<double>(v[i].at[c]) * all - sum;
                    flow.at[c] = keep * all;
                    flowing[c] = keep * sum;
                }
                if (inside && t + i < count)
                {
                    store_channels<Shape::vector>(value_gradient + (first + from + t + i) * static_cast<long long>(stride) + channel, result);
                }
                differences[t + i][lane] = (round > 0 ? differences[t + i][lane] : 0) + (inside ? difference : 0);
            }
            __syncthreads();
            if (stretch == 0)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    carried[round][lane * Shape::vector + c] = flow.at[c];
                    carriedSums[round][lane * Shape::vector + c] = flowing[c];
                }
            }
        }
        // A head's channels lie in neighbouring lanes; a head in several rounds has all of them.
        constexpr int lanes_of_head = Shape::rounds > 1 ? Shape::lanes : Shape::channels / Shape::vector;
        for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
        {
            int t = i / Shape::group, h = i % Shape::group;
            if (t < count && firstHead + h < heads)
            {
                double sum = 0;
                for (int l = 0; l < lanes_of_head; l++)
                {
                    sum += differences[t][h * lanes_of_head + l];
                }
                score_gradient[static_cast<long long>(first + from + t) * score_stride + firstHead + h] = static_cast<float>(shares[t][h] * sum);
            }
        }
    }
}
