// needs: chain
// Attention of a constant query over each prefix, in gate form: with the weight w_t = sum of e^{s_i}, i <= t, and b_t = e^{s_t} / w_t,
// o_t = (1 - b_t) o_{t-1} + b_t v_t. Kept for the way back: b, a number a head, and o.
//
// A block takes some heads of a tile of tokens. A thread takes a few channels of a short stretch of them, which it holds in registers: each
// value is read once. What stretches do to what came before them is a factor and a sum, which are combined through shared memory; so is
// what the tile does to what came before it. Two chains go from tile to tile: maximum and weight of each head first, from which the shares
// follow, then o of each channel.

// How a block is cut: so many heads, lanes threads along their channels with a vector of them each, in several rounds where a head is
// wider, and stretches of length tokens. The plan decides.
template <int channels_of_head, int vector_, int group_, int lanes_, int rounds_, int stretches_, int length_>
struct AttentionShape
{
    static constexpr int channels = channels_of_head, vector = vector_, group = group_, lanes = lanes_, rounds = rounds_,
        stretches = stretches_, length = length_;
    static constexpr int tile = stretches * length, threads = lanes * stretches, columns = lanes * vector;

    // Words that a tile hands on: forward a float and a double a head and a float a channel, back a float a channel and a double a vector
    // of them.
    static constexpr int forward_words = 3 * group + rounds * columns, backward_words = rounds * (columns + 2 * lanes);
};

// Where a thread works in a round.
template <class Shape, int width>
struct AttentionPlace
{
    int lane, stretch, t;       // t: its first token
    int own, head, channel;     // its first channel among the block's, that one's head in the block, and its first channel of all
    bool isInside;              // whether its channels exist

    __device__ __forceinline__ AttentionPlace(int round, int firstHead)
    {
        lane = threadIdx.x % Shape::lanes;
        stretch = threadIdx.x / Shape::lanes;
        t = stretch * Shape::length;
        own = (round * Shape::lanes + lane) * Shape::vector;
        head = min(own / Shape::channels, Shape::group - 1);
        channel = firstHead * Shape::channels + own;
        isInside = own < Shape::group * Shape::channels && channel < width;
    }

    // Whether it is the one that writes its head's factor.
    __device__ __forceinline__ bool isFirstOfHead() const
    {
        return isInside && (lane == 0 || own % Shape::channels == 0);
    }
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

// Scores of a tile's tokens, then their shares. Rows are of odd length, so that neither heads nor tokens meet in one bank.
template <class Shape>
struct AttentionShares
{
    float at[Shape::group][Shape::tile + 1];
};

// The sum of some e^s, as a weight times e^maximum. Where there is nothing, the maximum is minus infinity and its difference with itself
// NaN.
struct ScoreSum
{
    float maximum;
    double weight;
};

__device__ __forceinline__ double weight_under(ScoreSum sum, float maximum)
{
    return sum.weight == 0 ? 0.0 : sum.weight * expf(sum.maximum - maximum);
}

__device__ __forceinline__ ScoreSum join(ScoreSum a, ScoreSum b)
{
    float maximum = fmaxf(a.maximum, b.maximum);
    return {maximum, weight_under(a, maximum) + weight_under(b, maximum)};
}

// Of the tile's tokens from one on, by a warp.
__device__ __forceinline__ ScoreSum sum_scores(const float* scores, int from, int to)
{
    int lane = threadIdx.x % 32;
    float maximum = -infinity(), weight = 0;
    for (int t = from + lane; t < to; t += 32)
    {
        maximum = fmaxf(maximum, scores[t]);
    }
    for (int distance = 16; distance > 0; distance /= 2)
    {
        maximum = fmaxf(maximum, __shfl_xor_sync(0xffffffffu, maximum, distance));
    }
    for (int t = from + lane; t < to; t += 32)
    {
        weight += expf(scores[t] - maximum);
    }
    return {maximum, warp_sum(weight)};
}

// One head's scores become shares, by a warp: a scan of maximum and weight over the tokens, which begins with what came before the tile.
template <class Shape>
__device__ __forceinline__ void scores_to_shares(const RowTile<Shape::tile>& tile, ScoreSum before, float* scores)
{
    int lane = threadIdx.x % 32;
    for (int from = 0; from < Shape::tile; from += 32)
    {
        int t = from + lane;
        bool isToken = t < tile.count;
        float score = scores[t], maximum = score, weight = isToken ? 1.0f : 0.0f;
        // The sequences' first tokens up to this one: the lane of the last is where its sequence begins.
        unsigned begun = tile.starts.bits[from / 32] & (0xffffffffu >> (31 - lane));
        int start = begun == 0 ? 0 : 31 - __clz(begun);
        for (int distance = 1; distance < 32; distance *= 2)
        {
            float otherMaximum = __shfl_up_sync(0xffffffffu, maximum, distance),
                otherWeight = __shfl_up_sync(0xffffffffu, weight, distance);
            if (lane - distance >= start)
            {
                float both = fmaxf(maximum, otherMaximum);
                weight = (weight == 0.0f ? 0.0f : weight * expf(maximum - both))
                    + (otherWeight == 0.0f ? 0.0f : otherWeight * expf(otherMaximum - both));
                maximum = both;
            }
        }
        ScoreSum sum = {maximum, weight};
        if (begun == 0)
        {
            sum = join(sum, before);
        }
        scores[t] = isToken ? static_cast<float>(expf(score - sum.maximum) / sum.weight) : 0.0f;
        before.maximum = __shfl_sync(0xffffffffu, sum.maximum, 31);
        before.weight = __shfl_sync(0xffffffffu, sum.weight, 31);
    }
}

// The shares of a tile's tokens, a warp a head; scores and shares kept are the tile's rows. Of a head that there is not, they are zero.
template <class Shape, int heads, int score_stride, int share_stride>
__device__ __forceinline__ void attention_shares(
    const RowTile<Shape::tile>& tile, int firstHead, ulong64* before, ulong64* after, const float* scores, AttentionShares<Shape>& shares,
    float* kept)
{
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        float score = firstHead + h < heads ? -infinity() : 0.0f;
        if (t < tile.count && firstHead + h < heads)
        {
            // Infinity would pass for a clear winner: it is an overflow upstream, and NaN says so.
            score = scores[static_cast<long long>(t) * score_stride + firstHead + h];
            score = fabsf(score) < infinity() ? score : not_a_number();
        }
        shares.at[h][t] = score;
    }
    __syncthreads();
    for (int h = threadIdx.x / 32; h < Shape::group && firstHead + h < heads; h += Shape::threads / 32)
    {
        ScoreSum sum = {-infinity(), 0};
        int start = tile.starts.last_before(tile.count);
        ScoreSum own = tile.goesOn ? sum_scores(shares.at[h], max(start, 0), tile.count) : sum;
        if (threadIdx.x % 32 == 0)
        {
            float maximum[1] = {-infinity()};
            double weight[1] = {0};
            if (tile.isBegun)
            {
                take_over(before + 3 * h, maximum);
                take_over(before + 3 * h + 1, weight);
                sum = {maximum[0], weight[0]};
            }
            if (tile.goesOn)
            {
                own = start < 0 ? join(sum, own) : own;
                maximum[0] = own.maximum;
                weight[0] = own.weight;
                hand_on(after + 3 * h, maximum);
                hand_on(after + 3 * h + 1, weight);
            }
        }
        sum.maximum = __shfl_sync(0xffffffffu, sum.maximum, 0);
        sum.weight = __shfl_sync(0xffffffffu, sum.weight, 0);
        scores_to_shares<Shape>(tile, sum, shares.at[h]);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        if (t < tile.count && firstHead + h < heads)
        {
            kept[static_cast<long long>(t) * share_stride + firstHead + h] = shares.at[h][t];
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

template <class Shape>
struct AttentionForwardMemory
{
    AttentionShares<Shape> shares;
    float factors[Shape::stretches][Shape::group];
    float ends[Shape::stretches][Shape::columns + 1];
    float carried[Shape::columns];
};

// Some heads of a tile. Values, scores, shares kept and output begin with the tile's first row and may lie in global or in shared memory.
// Before and after: what the tile before hands on, and where to hand on.
template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_forward_tile(
    const RowTile<Shape::tile>& tile, int firstHead, ulong64* before, ulong64* after, AttentionForwardMemory<Shape>& memory,
    const float* values, const float* scores, float* shares_kept, float* output)
{
    Channels<Shape::vector> read[Shape::length];
    auto load = [&](int round)
    {
        AttentionPlace<Shape, width> place(round, firstHead);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            read[i] = load_channels<Shape::vector>(
                values + (place.t + i) * stride + place.channel, place.isInside && place.t + i < tile.count);
        }
    };
    load(0);
    attention_shares<Shape, heads, score_stride, share_stride>(tile, firstHead, before, after, scores, memory.shares, shares_kept);
    before += 3 * Shape::group;
    after += 3 * Shape::group;
    for (int round = 0; round < Shape::rounds; round++)
    {
        AttentionPlace<Shape, width> place(round, firstHead);
        int t = place.t, head = place.head, column = place.lane * Shape::vector;
        unsigned starts = tile.starts.of_stretch(t, Shape::length);
        Channels<Shape::vector> sum;
        float factor = 1;
        for (int c = 0; c < Shape::vector; c++)
        {
            sum.at[c] = 0;
        }
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            float add = memory.shares.at[head][t + i], keep = 1.0f - add;
            factor *= keep;
            for (int c = 0; c < Shape::vector; c++)
            {
                float added = add * read[i].at[c];
                sum.at[c] = (starts >> i & 1) != 0 ? added : keep * sum.at[c] + added;
            }
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            memory.ends[place.stretch][column + c] = sum.at[c];
        }
        if (place.isFirstOfHead())
        {
            memory.factors[place.stretch][head] = factor;
        }
        __syncthreads();
        // What the stretches before this one leave, and by what they multiply what came before the tile, if the sequence is that old.
        int start = tile.starts.last_before(t);
        float factorBefore = 1;
        Channels<Shape::vector> sumBefore;
        for (int c = 0; c < Shape::vector; c++)
        {
            sumBefore.at[c] = start < 0 ? 0.0f : memory.ends[start / Shape::length][column + c];
        }
        for (int other = start < 0 ? 0 : start / Shape::length + 1; other < place.stretch && place.isInside; other++)
        {
            factorBefore *= memory.factors[other][head];
            for (int c = 0; c < Shape::vector; c++)
            {
                sumBefore.at[c] = memory.factors[other][head] * sumBefore.at[c] + memory.ends[other][column + c];
            }
        }
        bool isOlder = start < 0 && tile.isBegun;
        if (place.stretch == Shape::stretches - 1 && place.isInside)
        {
            Channels<Shape::vector> carried;
            if (tile.isBegun)
            {
                take_over(before + round * Shape::columns + column, carried.at);
            }
            if (tile.goesOn)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    float old = isOlder ? factorBefore * carried.at[c] + sumBefore.at[c] : sumBefore.at[c];
                    sum.at[c] = starts != 0 ? sum.at[c] : factor * old + sum.at[c];
                }
                hand_on(after + round * Shape::columns + column, sum.at);
            }
            for (int c = 0; c < Shape::vector && tile.isBegun; c++)
            {
                memory.carried[column + c] = carried.at[c];
            }
        }
        __syncthreads();
        for (int c = 0; c < Shape::vector; c++)
        {
            sum.at[c] = isOlder && place.isInside ? factorBefore * memory.carried[column + c] + sumBefore.at[c] : sumBefore.at[c];
        }
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            float add = memory.shares.at[head][t + i], keep = 1.0f - add;
            for (int c = 0; c < Shape::vector; c++)
            {
                float added = add * read[i].at[c];
                sum.at[c] = (starts >> i & 1) != 0 ? added : keep * sum.at[c] + added;
            }
            if (place.isInside && t + i < tile.count)
            {
                store_channels<Shape::vector>(output + (t + i) * stride + place.channel, sum);
            }
        }
        if (round + 1 < Shape::rounds)
        {
            load(round + 1);
        }
    }
}

template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_forward(
    const Pass& pass, const float* values, const float* scores, float* shares_kept, float* output)
{
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::forward_words;
    __shared__ SequenceStarts<Shape::tile> starts;
    __shared__ AttentionForwardMemory<Shape> memory;
    int ticket = take_ticket(pass), index = ticket / groups, part = ticket % groups;
    if (index * Shape::tile >= pass.settings->rows)
    {
        return;
    }
    const RowTile<Shape::tile> tile(pass, index, starts);
    if (part == 0)
    {
        clear_padding<width, stride>(output, tile.first, tile.count);
    }
    long long row = tile.first;
    attention_forward_tile<Shape, width, heads, stride, score_stride, share_stride>(
        tile, part * Shape::group, carries_of<words>(pass, index - 1, part, groups), carries_of<words>(pass, index, part, groups), memory,
        values + row * stride, scores + row * score_stride, shares_kept + row * share_stride, output + row * stride);
}

// All heads of a tile that a block has among other work, in shared memory that it has for that.
template <class Shape, int width, int heads, int stride, int score_stride, int share_stride, int count>
__device__ __forceinline__ void attention_forward_rows(
    const Pass& pass, int row, float (&shared)[count], const float* values, const float* scores, float* shares_kept, float* output)
{
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::forward_words;
    static_assert(sizeof(AttentionForwardMemory<Shape>) <= sizeof(shared), "");
    __shared__ SequenceStarts<Shape::tile> starts;
    int index = row / Shape::tile;
    const RowTile<Shape::tile> tile(pass, index, starts);
    long long first = row;
    clear_padding<width, stride>(output, first, tile.count);
    for (int part = 0; part < groups; part++)
    {
        attention_forward_tile<Shape, width, heads, stride, score_stride, share_stride>(
            tile, part * Shape::group, carries_of<words>(pass, index - 1, part, groups), carries_of<words>(pass, index, part, groups),
            *reinterpret_cast<AttentionForwardMemory<Shape>*>(shared),
            values + first * stride, scores + first * score_stride, shares_kept + first * share_stride, output + first * stride);
        __syncthreads();
    }
}

template <class Shape>
struct AttentionBackwardMemory
{
    double sums[Shape::stretches][Shape::lanes];
    double differences[Shape::tile][Shape::lanes + 1];
    double carriedSums[Shape::lanes];
    AttentionShares<Shape> shares;
    float factors[Shape::stretches][Shape::group];
    float ends[Shape::stretches][Shape::columns + 1];
    float carried[Shape::columns];
};

// The way back, from a sequence's end: G_t = g_t + (1 - b_{t+1}) G_{t+1} a channel and C_t = g_t o_t + (1 - b_{t+1}) C_{t+1}, summed over a
// thread's channels; dv_t = b_t G_t, ds_t = b_t times the sum over the head's channels of v_t G_t - C_t, which cancel: C and sums are in
// double. All rows begin with the tile's first one. Before and after: what the tile behind this one hands on, and where to hand on.
template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_backward_tile(
    const RowTile<Shape::tile>& tile, int firstHead, ulong64* before, ulong64* after, AttentionBackwardMemory<Shape>& memory,
    const float* gradient, const float* values, const float* output, const float* shares_kept, float* value_gradient, float* score_gradient)
{
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        memory.shares.at[h][t] = t < tile.count && firstHead + h < heads
            ? shares_kept[static_cast<long long>(t) * share_stride + firstHead + h] : 0.0f;
    }
    __syncthreads();
    for (int round = 0; round < Shape::rounds; round++)
    {
        AttentionPlace<Shape, width> place(round, firstHead);
        int t = place.t, head = place.head, column = place.lane * Shape::vector;
        unsigned starts = tile.starts.of_stretch(t, Shape::length);
        Channels<Shape::vector> g[Shape::length], v[Shape::length], flow;
        double dots[Shape::length], sum = 0;
        float factor = 1;
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            int at = (t + i) * stride + place.channel;
            bool isToken = place.isInside && t + i < tile.count;
            g[i] = load_channels<Shape::vector>(gradient + at, isToken);
            v[i] = load_channels<Shape::vector>(values + at, isToken);
            Channels<Shape::vector> o = load_channels<Shape::vector>(output + at, isToken);
            dots[i] = 0;
            for (int c = 0; c < Shape::vector; c++)
            {
                dots[i] += static_cast<double>(g[i].at[c]) * o.at[c];
            }
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            flow.at[c] = 0;
        }
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            float keep = 1.0f - memory.shares.at[head][t + i];
            bool isFirst = (starts >> i & 1) != 0;
            factor *= keep;
            for (int c = 0; c < Shape::vector; c++)
            {
                flow.at[c] = isFirst ? 0.0f : keep * (g[i].at[c] + flow.at[c]);
            }
            sum = isFirst ? 0.0 : keep * (dots[i] + sum);
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            memory.ends[place.stretch][column + c] = flow.at[c];
        }
        memory.sums[place.stretch][place.lane] = sum;
        if (place.isFirstOfHead())
        {
            memory.factors[place.stretch][head] = factor;
        }
        __syncthreads();
        // What the stretches behind this one leave, and by what they multiply what comes from behind the tile, if the sequence goes on so
        // far.
        int next = tile.starts.first_from(t + Shape::length);
        bool isLonger = next == Shape::tile;
        float factorAfter = 1;
        Channels<Shape::vector> flowAfter;
        double sumAfter = isLonger ? 0.0 : memory.sums[next / Shape::length][place.lane];
        for (int c = 0; c < Shape::vector; c++)
        {
            flowAfter.at[c] = isLonger ? 0.0f : memory.ends[next / Shape::length][column + c];
        }
        for (int other = isLonger ? Shape::stretches - 1 : next / Shape::length - 1; other > place.stretch && place.isInside; other--)
        {
            float own = memory.factors[other][head];
            factorAfter *= own;
            for (int c = 0; c < Shape::vector; c++)
            {
                flowAfter.at[c] = own * flowAfter.at[c] + memory.ends[other][column + c];
            }
            sumAfter = own * sumAfter + memory.sums[other][place.lane];
        }
        isLonger = isLonger && tile.goesOn;
        if (place.stretch == 0 && place.isInside)
        {
            Channels<Shape::vector> carried;
            double carriedSum[1];
            int flows = round * Shape::columns + column, sums = Shape::rounds * Shape::columns + 2 * (round * Shape::lanes + place.lane);
            if (tile.goesOn)
            {
                take_over(before + flows, carried.at);
                take_over(before + sums, carriedSum);
            }
            if (tile.isBegun)
            {
                double handed[1] = {starts != 0 ? sum : factor * (isLonger ? factorAfter * carriedSum[0] + sumAfter : sumAfter) + sum};
                for (int c = 0; c < Shape::vector; c++)
                {
                    float old = isLonger ? factorAfter * carried.at[c] + flowAfter.at[c] : flowAfter.at[c];
                    flow.at[c] = starts != 0 ? flow.at[c] : factor * old + flow.at[c];
                }
                hand_on(after + flows, flow.at);
                hand_on(after + sums, handed);
            }
            if (tile.goesOn)
            {
                for (int c = 0; c < Shape::vector; c++)
                {
                    memory.carried[column + c] = carried.at[c];
                }
                memory.carriedSums[place.lane] = carriedSum[0];
            }
        }
        __syncthreads();
        isLonger = isLonger && place.isInside;
        sum = isLonger ? factorAfter * memory.carriedSums[place.lane] + sumAfter : sumAfter;
        for (int c = 0; c < Shape::vector; c++)
        {
            flow.at[c] = isLonger ? factorAfter * memory.carried[column + c] + flowAfter.at[c] : flowAfter.at[c];
        }
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            float add = memory.shares.at[head][t + i], keep = 1.0f - add;
            bool isFirst = (starts >> i & 1) != 0;
            double difference = -(dots[i] + sum);
            sum = isFirst ? 0.0 : keep * (dots[i] + sum);
            Channels<Shape::vector> result;
            for (int c = 0; c < Shape::vector; c++)
            {
                float all = g[i].at[c] + flow.at[c];
                result.at[c] = add * all;
                difference += static_cast<double>(v[i].at[c]) * all;
                flow.at[c] = isFirst ? 0.0f : keep * all;
            }
            if (place.isInside && t + i < tile.count)
            {
                store_channels<Shape::vector>(value_gradient + (t + i) * stride + place.channel, result);
            }
            memory.differences[t + i][place.lane] = (round > 0 ? memory.differences[t + i][place.lane] : 0)
                + (place.isInside ? difference : 0);
        }
    }
    __syncthreads();
    // A head's channels lie in neighbouring lanes; a head in several rounds has all of them.
    constexpr int lanes_of_head = Shape::rounds > 1 ? Shape::lanes : Shape::channels / Shape::vector;
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        if (t < tile.count && firstHead + h < heads)
        {
            double sum = 0;
            for (int l = 0; l < lanes_of_head; l++)
            {
                sum += memory.differences[t][h * lanes_of_head + l];
            }
            score_gradient[static_cast<long long>(t) * score_stride + firstHead + h] = static_cast<float>(memory.shares.at[h][t] * sum);
        }
    }
}

template <class Shape, int width, int heads, int stride, int score_stride, int share_stride>
__device__ __forceinline__ void attention_backward(
    const Pass& pass, const float* gradient, const float* values, const float* output, const float* shares_kept, float* value_gradient,
    float* score_gradient)
{
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::backward_words;
    __shared__ SequenceStarts<Shape::tile> starts;
    __shared__ AttentionBackwardMemory<Shape> memory;
    // The last tile first.
    int ticket = take_ticket(pass), index = (pass.settings->rows + Shape::tile - 1) / Shape::tile - 1 - ticket / groups,
        part = ticket % groups;
    if (index < 0)
    {
        return;
    }
    const RowTile<Shape::tile> tile(pass, index, starts);
    if (part == 0)
    {
        clear_padding<width, stride>(value_gradient, tile.first, tile.count);
        clear_padding<heads, score_stride>(score_gradient, tile.first, tile.count);
    }
    long long row = tile.first, at = row * stride;
    attention_backward_tile<Shape, width, heads, stride, score_stride, share_stride>(
        tile, part * Shape::group, carries_of<words>(pass, index + 1, part, groups), carries_of<words>(pass, index, part, groups), memory,
        gradient + at, values + at, output + at, shares_kept + row * share_stride, value_gradient + at,
        score_gradient + row * score_stride);
}
