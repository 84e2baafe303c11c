// needs: scan
// Attention of a constant query over each prefix, in gate form: with the weight w_t = sum of e^{s_i}, i <= t, and b_t = e^{s_t} / w_t, o_t
// = (1 - b_t) o_{t-1} + b_t v_t. Saved for the backward pass: the gates b, one for each head, and o.
//
// A head that forgets lowers the exponents of all earlier tokens by the decay log(sigma(f_t)) at each token: of two neighbouring runs of
// tokens, the maximum of the earlier one falls by all decays of the later one.
//
// A block takes some heads of a tile of tokens. A thread holds a few channels of a chunk of them in registers, so that each value is read
// once. A chunk affects the state before it by a factor and a sum, which are combined through shared memory; so does the tile. Two chained
// scans go from tile to tile: the maximum and weight of each head, from which the gates follow, then o of each channel.

// The partition of a block: a group of heads, lanes threads along their channels with a vector of them each, in several rounds where a head
// is wider, and chunks of length tokens.
template <class Cut>
struct AttentionShape
{
    static constexpr int channels = Cut::channels, vector = Cut::vector, group = Cut::group, lanes = Cut::lanes;
    static constexpr int rounds = Cut::rounds, chunks = Cut::chunks, length = Cut::length;
    static constexpr bool forgets = Cut::forgets;
    static constexpr int tile = chunks * length, threads = lanes * chunks, columns = lanes * vector;

    // Words of a tile's carry: in the forward pass a float and a double for each head, where states are carried a double more for each head
    // that forgets, the sum of its decays, and a float for each channel; in the backward pass a float for each channel and for each vector
    // of them.
    static constexpr bool carries_decays = carries_states() && forgets;
    static constexpr int head_words = carries_decays ? 5 : 3, forward_words = head_words * group + rounds * columns;
    static constexpr int vector_words = vector + 1, backward_words = rounds * lanes * vector_words;
};

// The place of a thread in a round.
template <class Shape, int width>
struct AttentionPlace
{
    int lane, chunk, t;       // t: its first token
    int own, head, channel;     // its first channel among the block's, that one's head in the block, and its first channel of all
    bool isInside;              // whether its channels exist

    __device__ __forceinline__ AttentionPlace(int round, int firstHead)
    {
        lane = threadIdx.x % Shape::lanes;
        chunk = threadIdx.x / Shape::lanes;
        t = chunk * Shape::length;
        own = (round * Shape::lanes + lane) * Shape::vector;
        head = min(own / Shape::channels, Shape::group - 1);
        channel = firstHead * Shape::channels + own;
        isInside = own < Shape::group * Shape::channels && channel < width;
    }

    // Whether the thread writes the factor of its head.
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
__device__ __forceinline__ Channels<vector> load_channels(
    const float* from, // [vector]
    bool inside)
{
    Channels<vector> result;
    if (vector == 4)
    {
        float4 v = inside ? load4(from) : zero4();
        result.at[0] = v.x;
        if (vector > 1)
        {
            result.at[1 % vector] = v.y, result.at[2 % vector] = v.z, result.at[3 % vector] = v.w;
        }
    }
    else
    {
        result.at[0] = inside ? *from : 0.0f;
    }
    return result;
}

template <int vector>
__device__ __forceinline__ void store_channels(
    float* to, // [vector]
    const Channels<vector>& values)
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

// Scores of the tokens of a tile, then their gates. The row length is odd, so that accesses along heads and along tokens are free of bank
// conflicts.
template <class Shape>
struct AttentionGates
{
    float at[Shape::group][Shape::tile + 1];
};

// The decays of the tokens of a tile; none where nothing is forgotten.
template <class Shape, bool forgets>
struct AttentionDecays
{
    __device__ __forceinline__ float* decays_of(int)
    {
        return nullptr;
    }
};

template <class Shape>
struct AttentionDecays<Shape, true>
{
    float decays[Shape::group][Shape::tile + 1];

    __device__ __forceinline__ float* decays_of(int head)
    {
        return decays[head];
    }
};

// The sum of several e^s, as a weight times e^maximum. An empty sum has the maximum minus infinity, whose difference with itself is NaN.
// Weights are float within a tile. From tile to tile, and in a state, they are double: a float stops growing at 2^24 equal scores.
template <class Weight>
struct ScoreSum
{
    float maximum;
    Weight weight;
};

template <class Weight>
__device__ __forceinline__ Weight weight_under(ScoreSum<Weight> sum, float maximum)
{
    return sum.weight == 0 ? Weight(0) : sum.weight * expf(sum.maximum - maximum);
}

template <class Weight>
__device__ __forceinline__ ScoreSum<Weight> join(ScoreSum<Weight> a, ScoreSum<Weight> b)
{
    float maximum = fmaxf(a.maximum, b.maximum);
    return {maximum, weight_under(a, maximum) + weight_under(b, maximum)};
}

template <class Weight, class Other>
__device__ __forceinline__ ScoreSum<Weight> with_weight(ScoreSum<Other> sum)
{
    return {sum.maximum, static_cast<Weight>(sum.weight)};
}

// The weight of a token's sum: where states are carried, it goes into one.
template <bool carries>
struct TokenWeight
{
    using Type = float;
};

template <>
struct TokenWeight<true>
{
    using Type = double;
};

// The sum over the tokens from one on, by a warp.
__device__ __forceinline__ ScoreSum<float> sum_scores(
    const float* scores, // [tile]
    int from, int to)
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

// The same with each score lowered by the decays of the tokens behind it, and the decay of all tokens up to the last one.
template <class Shape>
__device__ __forceinline__ ScoreSum<float> sum_fading_scores(
    const float* scores, // [tile]
    const float* decays, // [tile]
    int from, int to, float& decay)
{
    int lane = threadIdx.x % 32;
    ScoreSum<float> sum = {-infinity(), 0};
    decay = 0;
    for (int first = Shape::tile - 32; first >= 0; first -= 32)
    {
        int t = first + lane;
        bool isToken = t >= from && t < to;
        float behind = (carries_states() ? isToken : t < to) ? decays[t] : 0.0f;
        for (int distance = 1; distance < 32; distance *= 2)
        {
            float other = __shfl_down_sync(0xffffffffu, behind, distance);
            behind += lane + distance < 32 ? other : 0.0f;
        }
        float all = __shfl_sync(0xffffffffu, behind, 0);
        behind = __shfl_down_sync(0xffffffffu, behind, 1);
        float score = isToken ? scores[t] + ((lane < 31 ? behind : 0.0f) + decay) : -infinity(), maximum = score;
        for (int distance = 16; distance > 0; distance /= 2)
        {
            maximum = fmaxf(maximum, __shfl_xor_sync(0xffffffffu, maximum, distance));
        }
        float weight = isToken ? expf(score - maximum) : 0.0f;
        sum = join(ScoreSum<float>{maximum, warp_sum(weight)}, sum);
        decay += all;
    }
    return sum;
}

// The state of a layer, whose maxima, weights and, of heads that forget, sums of decays come first, a number a head each. Then come the
// numerators of the channels or, of heads that forget, their outputs.
template <bool forgets, int heads>
struct AttentionState
{
    static constexpr int first_channel = (forgets ? 3 : 2) * heads;
    const Pass& pass;
    int offset;

    // Of the tokens before the first row of the sequence of a row, the sum of a head, which later decays lower, and all its decays.
    __device__ __forceinline__ ScoreSum<double> sum_before(int row, int head, float decay, double& decays) const
    {
        const double* before = state_before(pass, sequence_of(pass, row), offset);
        if (before == nullptr || before[heads + head] == 0)
        {
            return {-infinity(), 0};
        }
        decays += forgets ? before[2 * heads + head] : 0.0;
        return {static_cast<float>(before[head]) + decay, before[heads + head]};
    }

    // The output of a channel there.
    __device__ __forceinline__ float output_before(int row, int head, int channel) const
    {
        const double* before = state_before(pass, sequence_of(pass, row), offset);
        if (before == nullptr || before[heads + head] == 0)
        {
            return 0;
        }
        return static_cast<float>(before[first_channel + channel] / (forgets ? 1.0 : before[heads + head]));
    }

    // Leaves the sum of a head after a sequence, whose last row is given, and all its decays.
    __device__ __forceinline__ void keep_sum(int row, int head, ScoreSum<double> sum, double decays) const
    {
        double* after = state_after(pass, sequence_of(pass, row), offset);
        if (after != nullptr)
        {
            after[head] = sum.maximum;
            after[heads + head] = sum.weight;
            if (forgets)
            {
                after[2 * heads + head] = decays;
            }
        }
    }

    // Leaves the output of a channel; the sum of its head has been left before.
    __device__ __forceinline__ void keep_output(int row, int head, int channel, float output) const
    {
        double* after = state_after(pass, sequence_of(pass, row), offset);
        if (after != nullptr)
        {
            after[first_channel + channel] = forgets ? output : output * after[heads + head];
        }
    }
};

// Turns the scores of a head into gates, by a warp: a scan of maximum and weight over the tokens, which begins with the carry of the tile
// before: a sum, and where states are carried the sum of the decays.
template <class Shape, class State>
__device__ __forceinline__ void scores_to_gates(
    const RowTile<Shape::tile>& tile, ScoreSum<double> carried, [[maybe_unused]] double decaysBefore, int head, const State& state,
    float* scores,       // [tile]
    const float* decays) // [tile]
{
    using Weight = typename TokenWeight<carries_states()>::Type;
    ScoreSum<Weight> before = with_weight<Weight>(carried);
    int lane = threadIdx.x % 32;
    for (int from = 0; from < Shape::tile; from += 32)
    {
        int t = from + lane;
        bool isToken = t < tile.count;
        float score = scores[t], maximum = score, weight = isToken ? 1.0f : 0.0f, decay = Shape::forgets ? decays[t] : 0.0f;
        // The first tokens of sequences up to this one: the last of them is where the sequence of the lane begins.
        unsigned begun = tile.starts.bits[from / 32] & (0xffffffffu >> (31 - lane));
        int start = begun == 0 ? 0 : 31 - __clz(begun);
        for (int distance = 1; distance < 32; distance *= 2)
        {
            float otherMaximum = __shfl_up_sync(0xffffffffu, maximum, distance),
                otherWeight = __shfl_up_sync(0xffffffffu, weight, distance);
            float otherDecay = Shape::forgets ? __shfl_up_sync(0xffffffffu, decay, distance) : 0.0f;
            if (lane - distance >= start)
            {
                if (Shape::forgets)
                {
                    otherMaximum += decay;
                    decay += otherDecay;
                }
                float both = fmaxf(maximum, otherMaximum);
                weight = (weight == 0.0f ? 0.0f : weight * expf(maximum - both))
                    + (otherWeight == 0.0f ? 0.0f : otherWeight * expf(otherMaximum - both));
                maximum = both;
            }
        }
        ScoreSum<Weight> sum = {maximum, weight};
        if (begun == 0)
        {
            sum = join(sum, Shape::forgets ? ScoreSum<Weight>{before.maximum + decay, before.weight} : before);
        }
        if (carries_states())
        {
            double allDecays = begun == 0 ? decaysBefore + decay : decay;
            if (begun != 0 && isToken)
            {
                sum = join(sum, with_weight<Weight>(state.sum_before(tile.first + t, head, decay, allDecays)));
            }
            if (isToken && tile.starts.at(t + 1))
            {
                state.keep_sum(tile.first + t, head, with_weight<double>(sum), allDecays);
            }
            decaysBefore = __shfl_sync(0xffffffffu, allDecays, 31);
        }
        scores[t] = isToken ? expf(score - sum.maximum) / static_cast<float>(sum.weight) : 0.0f;
        before.maximum = __shfl_sync(0xffffffffu, sum.maximum, 31);
        before.weight = __shfl_sync(0xffffffffu, sum.weight, 31);
    }
}

// What a tile carries of a head: the sum of its scores and, where states are carried, all its decays.
struct HeadCarry
{
    ScoreSum<double> sum;
    double decay;
};

template <class Shape>
__device__ __forceinline__ CarryWords<Shape::head_words> words_of(const HeadCarry& carry)
{
    CarryWords<Shape::head_words> words;
    words.set(0, carry.sum.maximum);
    words.set(1, carry.sum.weight);
    if (Shape::carries_decays)
    {
        words.set(Shape::head_words - 2, carry.decay);
    }
    return words;
}

template <class Shape>
__device__ __forceinline__ HeadCarry head_of(const CarryWords<Shape::head_words>& words)
{
    return {{words.as_float(0), words.as_double(1)}, Shape::carries_decays ? words.as_double(Shape::head_words - 2) : 0.0};
}

// The gates of the tokens of a tile, a warp a head; scores and saved gates begin with the first row of the tile. Absent heads have gates of
// zero.
template <class Shape, int heads, int score_stride, int gate_stride, class State>
__device__ __forceinline__ void attention_gates(
    const RowTile<Shape::tile>& tile, int firstHead, const State& state,
    ulong64* before,      // [words], of the tile before
    ulong64* after,       // [words], of this tile
    const float* scores,  // [rows, score_stride]
    const float* forgets, // [rows, score_stride]
    AttentionGates<Shape>& gates, AttentionDecays<Shape, Shape::forgets>& decays,
    float* saved)         // [rows, gate_stride]
{
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        float score = firstHead + h < heads ? -infinity() : 0.0f;
        if (t < tile.count && firstHead + h < heads)
        {
            // Infinity would pass for a clear winner: it is an overflow upstream, and NaN reports it.
            score = scores[static_cast<long long>(t) * score_stride + firstHead + h];
            score = fabsf(score) < infinity() ? score : not_a_number();
        }
        if (Shape::forgets)
        {
            float decay = 0;
            if (t < tile.count && firstHead + h < heads)
            {
                float forget = forgets[static_cast<long long>(t) * score_stride + firstHead + h];
                decay = fminf(forget, 0.0f) - log1pf(expf(-fabsf(forget)));
                score = fabsf(forget) < infinity() ? score : not_a_number();
                decay = fabsf(forget) < infinity() ? decay : 0.0f;
            }
            decays.decays_of(h)[t] = decay;
        }
        gates.at[h][t] = score;
    }
    __syncthreads();
    const int start = tile.starts.last_before(tile.count);
    const bool isIndependent = start >= 0;
    auto sum_of_tile = [&](int h)
    {
        HeadCarry own = {{-infinity(), 0}, 0};
        float decay = 0;
        own.sum = with_weight<double>(Shape::forgets
            ? sum_fading_scores<Shape>(gates.at[h], decays.decays_of(h), max(start, 0), tile.count, decay)
            : sum_scores(gates.at[h], max(start, 0), tile.count));
        own.decay = decay;
        return own;
    };
    // A carry that follows a beginning in this tile does not depend on the tile before: all of these are published before any wait.
    for (int h = threadIdx.x / 32; tile.goesOn && isIndependent && h < Shape::group && firstHead + h < heads; h += Shape::threads / 32)
    {
        HeadCarry own = sum_of_tile(h);
        if (carries_states())
        {
            own.sum = join(state.sum_before(tile.first + start, firstHead + h, static_cast<float>(own.decay), own.decay), own.sum);
        }
        if (threadIdx.x % 32 == 0)
        {
            publish_carry(after + h * Shape::head_words, words_of<Shape>(own));
        }
    }
    for (int h = threadIdx.x / 32; h < Shape::group && firstHead + h < heads; h += Shape::threads / 32)
    {
        ScoreSum<double> sum = {-infinity(), 0};
        const bool isDependent = tile.goesOn && !isIndependent;
        HeadCarry own = {sum, 0};
        if (isDependent)
        {
            own = sum_of_tile(h);
        }
        double decaysBefore = 0;
        if (tile.isBegun && threadIdx.x % 32 == 0)
        {
            HeadCarry carried = head_of<Shape>(consume_carry<Shape::head_words>(before + h * Shape::head_words));
            sum = carried.sum;
            decaysBefore = carried.decay;
            if (isDependent)
            {
                if (Shape::forgets)
                {
                    carried.sum.maximum += static_cast<float>(own.decay);
                }
                carried.sum = join(carried.sum, own.sum);
                carried.decay += own.decay;
                publish_carry(after + h * Shape::head_words, words_of<Shape>(carried));
            }
        }
        if (carries_states())
        {
            decaysBefore = __shfl_sync(0xffffffffu, decaysBefore, 0);
        }
        sum.maximum = __shfl_sync(0xffffffffu, sum.maximum, 0);
        sum.weight = __shfl_sync(0xffffffffu, sum.weight, 0);
        scores_to_gates<Shape>(tile, sum, decaysBefore, firstHead + h, state, gates.at[h], decays.decays_of(h));
    }
    __syncthreads();
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        if (t < tile.count && firstHead + h < heads)
        {
            saved[static_cast<long long>(t) * gate_stride + firstHead + h] = gates.at[h][t];
        }
    }
}

// Matrix multiplications read the columns between the width and the next multiple of four, so these are zero.
template <int width, int stride>
__device__ __forceinline__ void clear_padding(
    float* rows, // [rows, stride]
    long long first, int count)
{
    constexpr int padding = pad4(width) - width;
    for (int i = threadIdx.x; i < count * padding; i += blockDim.x)
    {
        rows[(first + i / max(padding, 1)) * stride + width + i % max(padding, 1)] = 0;
    }
}

template <class Shape>
struct AttentionForwardMemory : AttentionDecays<Shape, Shape::forgets>
{
    AttentionGates<Shape> gates;
    float factors[Shape::chunks][Shape::group];
    float ends[Shape::chunks][Shape::columns + 1];
    float carried[Shape::columns];
};

// Some heads of a tile. Values, scores, gates and output begin with the first row of the tile and may lie in global or in shared memory.
// Before and after: the carry that the tile consumes, and the one that it publishes.
template <class Scan>
__device__ __forceinline__ void attention_forward_tile(
    const RowTile<AttentionShape<Scan>::tile>& tile, int firstHead, const AttentionState<Scan::forgets, Scan::heads>& state,
    ulong64* before,      // [words], of the tile before
    ulong64* after,       // [words], of this tile
    AttentionForwardMemory<AttentionShape<Scan>>& memory,
    const float* values,  // [rows, stride]
    const float* scores,  // [rows, score_stride]
    const float* forgets, // [rows, score_stride]; nullptr where nothing is forgotten
    float* gates,         // [rows, gate_stride]
    float* output)        // [rows, stride]
{
    using Shape = AttentionShape<Scan>;
    constexpr int width = Scan::width, heads = Scan::heads;
    constexpr int stride = Scan::stride, score_stride = Scan::score_stride, gate_stride = Scan::gate_stride;
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
    attention_gates<Shape, heads, score_stride, gate_stride>(
        tile, firstHead, state, before, after, scores, forgets, memory.gates, memory, gates);
    before += Shape::head_words * Shape::group;
    after += Shape::head_words * Shape::group;
    for (int round = 0; round < Shape::rounds; round++)
    {
        AttentionPlace<Shape, width> place(round, firstHead);
        int t = place.t, head = place.head, column = place.lane * Shape::vector;
        unsigned starts = tile.starts.of_chunk(t, Shape::length);
        Channels<Shape::vector> sum;
        float factor = 1;
        for (int c = 0; c < Shape::vector; c++)
        {
            sum.at[c] = 0;
        }
        // Adds the state before a sequence to its first token, if that is the token of the chunk.
        [[maybe_unused]] auto go_on = [&](int i, float keep)
        {
            bool isFirst = (starts >> i & 1) != 0 && place.isInside && t + i < tile.count;
            for (int c = 0; c < Shape::vector && isFirst; c++)
            {
                sum.at[c] += keep * state.output_before(tile.first + t + i, firstHead + head, place.channel + c);
            }
        };
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            float add = memory.gates.at[head][t + i], keep = 1.0f - add;
            factor *= keep;
            for (int c = 0; c < Shape::vector; c++)
            {
                float added = add * read[i].at[c];
                sum.at[c] = (starts >> i & 1) != 0 ? added : keep * sum.at[c] + added;
            }
            if (carries_states())
            {
                go_on(i, keep);
            }
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            memory.ends[place.chunk][column + c] = sum.at[c];
        }
        if (place.isFirstOfHead())
        {
            memory.factors[place.chunk][head] = factor;
        }
        __syncthreads();
        // The state that the chunks before this one leave, and the factor of the state before the tile, if the sequence began there.
        int start = tile.starts.last_before(t);
        float factorBefore = 1;
        Channels<Shape::vector> sumBefore;
        for (int c = 0; c < Shape::vector; c++)
        {
            sumBefore.at[c] = start < 0 ? 0.0f : memory.ends[start / Shape::length][column + c];
        }
        for (int other = start < 0 ? 0 : start / Shape::length + 1; other < place.chunk && place.isInside; other++)
        {
            factorBefore *= memory.factors[other][head];
            for (int c = 0; c < Shape::vector; c++)
            {
                sumBefore.at[c] = memory.factors[other][head] * sumBefore.at[c] + memory.ends[other][column + c];
            }
        }
        bool isOlder = start < 0 && tile.isBegun;
        if (place.chunk == Shape::chunks - 1 && place.isInside)
        {
            const int at = round * Shape::columns + column;
            const bool isDependent = isOlder && starts == 0;
            auto publish = [&](const Channels<Shape::vector>& old)
            {
                CarryWords<Shape::vector> end;
                for (int c = 0; c < Shape::vector; c++)
                {
                    end.set(c, starts != 0 ? sum.at[c] : factor * old.at[c] + sum.at[c]);
                }
                publish_carry(after + at, end);
            };
            if (tile.goesOn && !isDependent)
            {
                publish(sumBefore);
            }
            if (tile.isBegun)
            {
                const CarryWords<Shape::vector> carried = consume_carry<Shape::vector>(before + at);
                Channels<Shape::vector> old;
                for (int c = 0; c < Shape::vector; c++)
                {
                    memory.carried[column + c] = carried.as_float(c);
                    old.at[c] = factorBefore * carried.as_float(c) + sumBefore.at[c];
                }
                if (tile.goesOn && isDependent)
                {
                    publish(old);
                }
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
            float add = memory.gates.at[head][t + i], keep = 1.0f - add;
            for (int c = 0; c < Shape::vector; c++)
            {
                float added = add * read[i].at[c];
                sum.at[c] = (starts >> i & 1) != 0 ? added : keep * sum.at[c] + added;
            }
            if (carries_states())
            {
                go_on(i, keep);
            }
            if (place.isInside && t + i < tile.count)
            {
                store_channels<Shape::vector>(output + (t + i) * stride + place.channel, sum);
                for (int c = 0; c < Shape::vector && carries_states() && tile.starts.at(t + i + 1); c++)
                {
                    state.keep_output(tile.first + t + i, firstHead + head, place.channel + c, sum.at[c]);
                }
            }
        }
        if (round + 1 < Shape::rounds)
        {
            load(round + 1);
        }
    }
}

template <class Scan>
__device__ __forceinline__ void attention_forward(
    const Pass& pass,
    const float* values,  // [rows, stride]
    const float* scores,  // [rows, score_stride]
    const float* forgets, // [rows, score_stride]; nullptr where nothing is forgotten
    float* gates,         // [rows, gate_stride]
    float* output,        // [rows, stride]
    int stateOffset)
{
    using Shape = AttentionShape<Scan>;
    constexpr int width = Scan::width, heads = Scan::heads;
    constexpr int stride = Scan::stride, score_stride = Scan::score_stride, gate_stride = Scan::gate_stride;
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::forward_words;
    __shared__ SequenceStarts<Shape::tile> starts;
    __shared__ AttentionForwardMemory<Shape> memory;
    int number = take_tile_index(pass), index = number / groups, part = number % groups;
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
    const AttentionState<Shape::forgets, heads> state{pass, stateOffset};
    attention_forward_tile<Scan>(
        tile, part * Shape::group, state, carries_of<words>(pass, index - 1, part, groups),
        carries_of<words>(pass, index, part, groups), memory,
        values + row * stride, scores + row * score_stride, Shape::forgets ? forgets + row * score_stride : nullptr,
        gates + row * gate_stride, output + row * stride);
}

// All heads of a tile, in a block that has other work as well and lends its shared memory.
template <class Scan, int count>
__device__ __forceinline__ void attention_forward_rows(
    const Pass& pass, int row, float (&shared)[count],
    const float* values,  // [rows, stride]
    const float* scores,  // [rows, score_stride]
    const float* forgets, // [rows, score_stride]; nullptr where nothing is forgotten
    float* gates,         // [rows, gate_stride]
    float* output,        // [rows, stride]
    int stateOffset)
{
    using Shape = AttentionShape<Scan>;
    constexpr int width = Scan::width, heads = Scan::heads;
    constexpr int stride = Scan::stride, score_stride = Scan::score_stride, gate_stride = Scan::gate_stride;
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::forward_words;
    static_assert(sizeof(AttentionForwardMemory<Shape>) <= sizeof(shared), "");
    __shared__ SequenceStarts<Shape::tile> starts;
    int index = row / Shape::tile;
    const RowTile<Shape::tile> tile(pass, index, starts);
    long long first = row;
    clear_padding<width, stride>(output, first, tile.count);
    const AttentionState<Shape::forgets, heads> state{pass, stateOffset};
    for (int part = 0; part < groups; part++)
    {
        attention_forward_tile<Scan>(
            tile, part * Shape::group, state, carries_of<words>(pass, index - 1, part, groups),
            carries_of<words>(pass, index, part, groups), *reinterpret_cast<AttentionForwardMemory<Shape>*>(shared),
            values + first * stride, scores + first * score_stride, Shape::forgets ? forgets + first * score_stride : nullptr,
            gates + first * gate_stride, output + first * stride);
        __syncthreads();
    }
}

template <class Shape>
struct AttentionBackwardMemory
{
    float sums[Shape::chunks][Shape::lanes];
    float differences[Shape::tile][Shape::lanes + 1];
    float carriedSums[Shape::lanes];
    AttentionGates<Shape> gates;
    float factors[Shape::chunks][Shape::group];
    float ends[Shape::chunks][Shape::columns + 1], rises[Shape::chunks][Shape::columns + 1];
    float carried[Shape::columns];
};

// The backward pass, from the end of a sequence. With k_t = 1 - b_t, for each channel F_t = k_{t+1} (g_{t+1} + F_{t+1}) is what later
// tokens leave, G_t = g_t + F_t and dv_t = b_t G_t. For each thread, summed over its channels, E_t = k_{t+1} (E_{t+1} + (o_{t+1} - o_t)
// G_{t+1}), and ds_t = b_t times the sum over the channels of the head of (v_t - o_t) G_t - E_t: all terms are differences, so that nothing
// large cancels, and a weight that is small is a factor of every error.
//
// A chunk of tokens without a beginning, whose weight k is the product of theirs, changes what comes from behind it by F' = k F + F0 and
// E' = k (E + r F) + E0: r is the rise of o over the chunk, since the rises of its tokens add up. Rises of neighbouring chunks add up too.
//
// All rows begin with the first one of the tile; if that continues a sequence, the row before it is read as well. Before and after: the
// carry that the tile consumes, and the one that it publishes.
template <class Scan>
__device__ __forceinline__ void attention_backward_tile(
    const RowTile<AttentionShape<Scan>::tile>& tile, int firstHead,
    ulong64* before,       // [words], of the tile before
    ulong64* after,        // [words], of this tile
    AttentionBackwardMemory<AttentionShape<Scan>>& memory,
    const float* gradient, // [rows, stride]
    const float* values,   // [rows, stride]
    const float* output,   // [rows, stride]
    const float* gates,    // [rows, gate_stride]
    float* value_gradient, // [rows, stride]
    float* score_gradient) // [rows, score_stride]
{
    using Shape = AttentionShape<Scan>;
    constexpr int width = Scan::width, heads = Scan::heads;
    constexpr int stride = Scan::stride, score_stride = Scan::score_stride, gate_stride = Scan::gate_stride;
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        memory.gates.at[h][t] = t < tile.count && firstHead + h < heads
            ? gates[static_cast<long long>(t) * gate_stride + firstHead + h] : 0.0f;
    }
    __syncthreads();
    for (int round = 0; round < Shape::rounds; round++)
    {
        AttentionPlace<Shape, width> place(round, firstHead);
        int t = place.t, head = place.head, column = place.lane * Shape::vector;
        unsigned starts = tile.starts.of_chunk(t, Shape::length);
        // Of each token the gradient, v - o, and the rise of o to it, which is not used where a sequence begins.
        Channels<Shape::vector> g[Shape::length], d[Shape::length], rises[Shape::length], flow, rise;
        float sum = 0, factor = 1;
        const bool isContinued = place.isInside && t < tile.count && (starts & 1) == 0;
        Channels<Shape::vector> last = load_channels<Shape::vector>(output + (t - 1) * stride + place.channel, isContinued);
#pragma unroll
        for (int i = 0; i < Shape::length; i++)
        {
            int at = (t + i) * stride + place.channel;
            bool isToken = place.isInside && t + i < tile.count;
            g[i] = load_channels<Shape::vector>(gradient + at, isToken);
            d[i] = load_channels<Shape::vector>(values + at, isToken);
            Channels<Shape::vector> o = load_channels<Shape::vector>(output + at, isToken);
            for (int c = 0; c < Shape::vector; c++)
            {
                d[i].at[c] -= o.at[c];
                rises[i].at[c] = o.at[c] - last.at[c];
            }
            last = o;
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            flow.at[c] = 0;
            rise.at[c] = 0;
        }
        // What a token leaves to the one before it.
        auto go_back = [&](int i, float keep)
        {
            bool isFirst = (starts >> i & 1) != 0;
            for (int c = 0; c < Shape::vector; c++)
            {
                float all = g[i].at[c] + flow.at[c];
                sum += rises[i].at[c] * all;
                flow.at[c] = isFirst ? 0.0f : keep * all;
            }
            sum = isFirst ? 0.0f : keep * sum;
        };
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            float keep = 1.0f - memory.gates.at[head][t + i];
            factor *= keep;
            go_back(i, keep);
            for (int c = 0; c < Shape::vector; c++)
            {
                rise.at[c] += rises[i].at[c];
            }
        }
        for (int c = 0; c < Shape::vector; c++)
        {
            memory.ends[place.chunk][column + c] = flow.at[c];
            memory.rises[place.chunk][column + c] = rise.at[c];
        }
        memory.sums[place.chunk][place.lane] = sum;
        if (place.isFirstOfHead())
        {
            memory.factors[place.chunk][head] = factor;
        }
        __syncthreads();
        // The gradients that the chunks behind this one leave, and the factor of those from behind the tile, if the sequence continues
        // there.
        int next = tile.starts.first_from(t + Shape::length);
        bool isLonger = next == Shape::tile;
        float factorAfter = 1, sumAfter = isLonger ? 0.0f : memory.sums[next / Shape::length][place.lane];
        Channels<Shape::vector> flowAfter, riseAfter;
        for (int c = 0; c < Shape::vector; c++)
        {
            flowAfter.at[c] = isLonger ? 0.0f : memory.ends[next / Shape::length][column + c];
            riseAfter.at[c] = 0;
        }
        for (int other = isLonger ? Shape::chunks - 1 : next / Shape::length - 1; other > place.chunk && place.isInside; other--)
        {
            float own = memory.factors[other][head];
            factorAfter *= own;
            for (int c = 0; c < Shape::vector; c++)
            {
                float otherRise = memory.rises[other][column + c];
                sumAfter += otherRise * flowAfter.at[c];
                flowAfter.at[c] = own * flowAfter.at[c] + memory.ends[other][column + c];
                riseAfter.at[c] += otherRise;
            }
            sumAfter = own * sumAfter + memory.sums[other][place.lane];
        }
        // Continues with what the tile behind leaves.
        auto add_carried = [&](const float* carried, float carriedSum)
        {
            for (int c = 0; c < Shape::vector; c++)
            {
                carriedSum += riseAfter.at[c] * carried[c];
                flowAfter.at[c] += factorAfter * carried[c];
            }
            sumAfter += factorAfter * carriedSum;
        };
        isLonger = isLonger && tile.goesOn;
        if (place.chunk == 0 && place.isInside)
        {
            const int at = (round * Shape::lanes + place.lane) * Shape::vector_words;
            const bool isDependent = isLonger && starts == 0;
            auto publish = [&]
            {
                CarryWords<Shape::vector_words> end;
                float old = sumAfter;
                for (int c = 0; c < Shape::vector; c++)
                {
                    old += rise.at[c] * flowAfter.at[c];
                    end.set(c, starts != 0 ? flow.at[c] : factor * flowAfter.at[c] + flow.at[c]);
                }
                end.set(Shape::vector, starts != 0 ? sum : factor * old + sum);
                publish_carry(after + at, end);
            };
            if (tile.isBegun && !isDependent)
            {
                publish();
            }
            if (tile.goesOn)
            {
                const CarryWords<Shape::vector_words> carried = consume_carry<Shape::vector_words>(before + at);
                for (int c = 0; c < Shape::vector; c++)
                {
                    memory.carried[column + c] = carried.as_float(c);
                }
                memory.carriedSums[place.lane] = carried.as_float(Shape::vector);
                if (isLonger)
                {
                    add_carried(&memory.carried[column], memory.carriedSums[place.lane]);
                }
            }
            if (tile.isBegun && isDependent)
            {
                publish();
            }
        }
        __syncthreads();
        if (isLonger && place.isInside && place.chunk > 0)
        {
            add_carried(&memory.carried[column], memory.carriedSums[place.lane]);
        }
        sum = sumAfter;
        flow = flowAfter;
#pragma unroll
        for (int i = Shape::length - 1; i >= 0; i--)
        {
            float add = memory.gates.at[head][t + i], difference = -sum;
            Channels<Shape::vector> result;
            for (int c = 0; c < Shape::vector; c++)
            {
                float all = g[i].at[c] + flow.at[c];
                result.at[c] = add * all;
                difference += d[i].at[c] * all;
            }
            go_back(i, 1.0f - add);
            if (place.isInside && t + i < tile.count)
            {
                store_channels<Shape::vector>(value_gradient + (t + i) * stride + place.channel, result);
            }
            memory.differences[t + i][place.lane] = (round > 0 ? memory.differences[t + i][place.lane] : 0)
                + (place.isInside ? difference : 0);
        }
    }
    __syncthreads();
    // The channels of a head lie in neighbouring lanes; of a head in several rounds all lanes have some.
    constexpr int lanes_of_head = Shape::rounds > 1 ? Shape::lanes : Shape::channels / Shape::vector;
    for (int i = threadIdx.x; i < Shape::tile * Shape::group; i += Shape::threads)
    {
        int t = i / Shape::group, h = i % Shape::group;
        if (t < tile.count && firstHead + h < heads)
        {
            float sum = 0;
            for (int l = 0; l < lanes_of_head; l++)
            {
                sum += memory.differences[t][h * lanes_of_head + l];
            }
            score_gradient[static_cast<long long>(t) * score_stride + firstHead + h] = memory.gates.at[h][t] * sum;
        }
    }
}

template <class Scan>
__device__ __forceinline__ void attention_backward(
    const Pass& pass,
    const float* gradient, // [rows, stride]
    const float* values,   // [rows, stride]
    const float* output,   // [rows, stride]
    const float* gates,    // [rows, gate_stride]
    float* value_gradient, // [rows, stride]
    float* score_gradient) // [rows, score_stride]
{
    using Shape = AttentionShape<Scan>;
    constexpr int width = Scan::width, heads = Scan::heads;
    constexpr int stride = Scan::stride, score_stride = Scan::score_stride, gate_stride = Scan::gate_stride;
    constexpr int groups = (heads + Shape::group - 1) / Shape::group, words = Shape::backward_words;
    __shared__ SequenceStarts<Shape::tile> starts;
    __shared__ AttentionBackwardMemory<Shape> memory;
    // The last tile first.
    int number = take_tile_index(pass), index = (pass.settings->rows + Shape::tile - 1) / Shape::tile - 1 - number / groups,
        part = number % groups;
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
    attention_backward_tile<Scan>(
        tile, part * Shape::group, carries_of<words>(pass, index + 1, part, groups), carries_of<words>(pass, index, part, groups), memory,
        gradient + at, values + at, output + at, gates + row * gate_stride, value_gradient + at,
        score_gradient + row * score_stride);
}
