// Causal attention over the last tokens: o_t = sum of softmax_i(q_t k_i / sqrt(P)) v_i for each head, i from t - context + 1 to t. Saved
// for the backward pass are three numbers for each head and token: the maximum m of the scores, 1 / sum of 2^(s - m), and g_t o_t, which
// the backward pass adds. Scores are in powers of two.
//
// A few threads hold the channels of a token and head in registers; the tokens of the other side pass by in shared memory, tile after tile.
// The maximum is a running one, and the sums so far are scaled to it, so that no row of scores is stored.

// The partition of a head: lanes threads take float4s of its channels each, interleaved; a wider head is split into chunks, one block each.
// Passing: tokens that pass by at a time.
template <class Cut>
struct HeadShape
{
    static constexpr int channels = Cut::channels, float4s = Cut::float4s, lanes = Cut::lanes;
    static constexpr int chunks = Cut::chunks, passing = Cut::passing;
    static constexpr int threads = 128, tokens = threads / lanes, floats = 4 * float4s * lanes;
};

// Channels of a head in registers.
template <class Shape>
struct HeadPart
{
    float4 at[Shape::float4s];
};

template <class Shape>
struct alignas(16) HeadTile
{
    float at[Shape::passing][Shape::floats];
};

template <class Shape, bool isAligned = Shape::channels % 4 == 0>
__device__ __forceinline__ float4 load_head_float4(
    const float* row, // [channels]
    int channel, bool isInside)
{
    if (isAligned)
    {
        return isInside && channel < Shape::channels ? load4(row + channel) : zero4();
    }
    return make_float4(
        isInside && channel < Shape::channels ? row[channel] : 0.0f,
        isInside && channel + 1 < Shape::channels ? row[channel + 1] : 0.0f,
        isInside && channel + 2 < Shape::channels ? row[channel + 2] : 0.0f,
        isInside && channel + 3 < Shape::channels ? row[channel + 3] : 0.0f);
}

// The place of a block: its head and chunk, and its tile of the tokens of one sequence. Tiles are numbered so that none of a sequence comes
// before the number of its first row divided by the tokens of a tile, plus its own number: a few numbers have no tile.
template <class Shape, class Attention>
struct HeadPlace
{
    static constexpr int context = Attention::context, heads = Attention::heads, width = Attention::width, stride = Attention::stride;
    int head, chunk, start, rows, first, token, lane;
    long long own;      // the token's first channel of the head
    bool isToken;
    int seen;                   // tokens of the sequence before its first row
    const double* before;       // the state that has the last of them; nullptr where there are none
    double* after;              // the state after the last row; nullptr where nobody needs it

    __device__ __forceinline__ HeadPlace(const Pass& pass, int state)
    {
        int index = blockIdx.x / (heads * Shape::chunks), low = 0, high = pass.settings->sequences - 1;
        head = blockIdx.x / Shape::chunks % heads;
        chunk = blockIdx.x % Shape::chunks;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (first_row(pass, middle) / Shape::tokens + middle <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        start = first_row(pass, low);
        rows = pass.ends[low] - start;
        first = (index - start / Shape::tokens - low) * Shape::tokens;
        token = first + static_cast<int>(threadIdx.x) / Shape::lanes;
        lane = threadIdx.x % Shape::lanes;
        isToken = token < rows;
        own = at(token);
        seen = tokens_before(pass, low, state);
        before = state_before(pass, low, state);
        after = state_after(pass, low, state);
    }

    // The first token that others see: it may lie before the first row, and then has a negative number.
    __device__ __forceinline__ int first_seen() const
    {
        return max(-min(seen, context - 1), first - context + 1);
    }

    // The first channel of the head in a ring of keys and values: [context, heads, 2, channels].
    __device__ __forceinline__ int ring(int t, int part) const
    {
        return (2 * ((seen % context + t + context) % context * heads + head) + part) * Shape::channels;
    }

    // The channels of the head of a token before the first row.
    __device__ __forceinline__ const float* earlier(int t, int part) const
    {
        return reinterpret_cast<const float*>(before + 1) + ring(t, part);
    }

    __device__ __forceinline__ long long at(int t) const
    {
        return static_cast<long long>(start + t) * stride + head * Shape::channels;
    }

    __device__ __forceinline__ int channel(int index) const
    {
        return chunk * Shape::floats + 4 * (lane + Shape::lanes * index);
    }
};

template <class Shape, class Place>
__device__ __forceinline__ HeadPart<Shape> load_part(
    const float* rows, // [rows, stride]
    const Place& place)
{
    HeadPart<Shape> part;
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        part.at[j] = load_head_float4<Shape>(rows + place.own, place.channel(j), place.isToken);
    }
    return part;
}

// Writes the channels of the token; the last ones of a row also the zeros behind it.
template <class Shape, int heads, int width, class Place>
__device__ __forceinline__ void store_part(
    float* rows, // [rows, stride]
    const Place& place, const HeadPart<Shape>& part, float factor)
{
    if (!place.isToken)
    {
        return;
    }
    float* row = rows + place.own;
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        int channel = place.channel(j);
        float4 value = make_float4(part.at[j].x * factor, part.at[j].y * factor, part.at[j].z * factor, part.at[j].w * factor);
        if (Shape::channels % 4 == 0)
        {
            if (channel < Shape::channels)
            {
                store4(row + channel, value);
            }
            continue;
        }
        if (channel < Shape::channels)
        {
            row[channel] = value.x;
        }
        if (channel + 1 < Shape::channels)
        {
            row[channel + 1] = value.y;
        }
        if (channel + 2 < Shape::channels)
        {
            row[channel + 2] = value.z;
        }
        if (channel + 3 < Shape::channels)
        {
            row[channel + 3] = value.w;
        }
    }
    if (place.head == heads - 1 && place.chunk == Shape::chunks - 1 && place.lane == 0)
    {
        for (int column = Shape::channels; column < Shape::channels + pad4(width) - width; column++)
        {
            row[column] = 0;
        }
    }
}

// What a ring has of a token before the first row.
constexpr int ring_key = 0, ring_value = 1;

// Stages the rows of the tokens that pass by, zeros where there are none. Part: what a ring has of tokens before the first row.
template <class Shape, class Place>
__device__ __forceinline__ void stage_tile(
    HeadTile<Shape>& tile,
    const float* rows, // [rows, stride]
    const Place& place, int first, int part = ring_key)
{
    constexpr int float4s = Shape::floats / 4, ahead = Shape::channels % 4 == 0 ? 2 : 1;
#pragma unroll ahead
    for (int i = threadIdx.x; i < Shape::passing * float4s; i += Shape::threads)
    {
        int t = first + i / float4s, column = i % float4s * 4;
        if (place.before != nullptr && t < 0)
        {
            store4(
                &tile.at[i / float4s][column],
                load_head_float4<Shape, false>(place.earlier(t, part), place.chunk * Shape::floats + column, true));
            continue;
        }
        store4(
            &tile.at[i / float4s][column],
            load_head_float4<Shape>(rows + place.at(t), place.chunk * Shape::floats + column, t < place.rows));
    }
}

template <class Shape>
__device__ __forceinline__ HeadPart<Shape> passing_part(const HeadTile<Shape>& tile, int t, int lane)
{
    HeadPart<Shape> part;
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        part.at[j] = load4(&tile.at[t][4 * (lane + Shape::lanes * j)]);
    }
    return part;
}

// The dot product of the rows of two tokens over the whole head, the same in all its lanes. Channels of other chunks are read from memory.
template <class Shape, class Place>
__device__ __forceinline__ float head_product(
    const HeadPart<Shape>& a, const HeadPart<Shape>& b, const Place& place,
    const float* a_rows, // [rows, stride]
    const float* b_rows, // [rows, stride]
    int other, int part = ring_key)
{
    float sum = 0;
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        sum += a.at[j].x * b.at[j].x + a.at[j].y * b.at[j].y + (a.at[j].z * b.at[j].z + a.at[j].w * b.at[j].w);
    }
    if (Shape::chunks > 1 && place.isToken && other < place.rows)
    {
        for (int channel = place.lane; channel < Shape::channels; channel += Shape::lanes)
        {
            const float* row = place.before != nullptr && other < 0 ? place.earlier(other, part) : b_rows + place.at(other);
            sum += channel / Shape::floats == place.chunk ? 0.0f : a_rows[place.own + channel] * row[channel];
        }
    }
#pragma unroll
    for (int distance = Shape::lanes / 2; distance > 0; distance /= 2)
    {
        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    }
    return sum;
}

template <class Shape>
__device__ __forceinline__ void add_scaled(HeadPart<Shape>& sum, float factor, const HeadPart<Shape>& part)
{
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        sum.at[j].x += factor * part.at[j].x;
        sum.at[j].y += factor * part.at[j].y;
        sum.at[j].z += factor * part.at[j].z;
        sum.at[j].w += factor * part.at[j].w;
    }
}

template <class Shape>
__device__ __forceinline__ void scale_partial(HeadPart<Shape>& part, float factor)
{
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        part.at[j] = make_float4(part.at[j].x * factor, part.at[j].y * factor, part.at[j].z * factor, part.at[j].w * factor);
    }
}

template <class Shape>
__device__ __forceinline__ void clear_part(HeadPart<Shape>& part)
{
#pragma unroll
    for (int j = 0; j < Shape::float4s; j++)
    {
        part.at[j] = zero4();
    }
}

// Leaves the keys and values of the last tokens in the state after the sequence: each thread block those of its own tokens, and that of
// the first ones those of tokens before the first row that are still among the last.
template <class Shape, class Place>
__device__ __forceinline__ void keep_context(
    const Place& place,
    const float* keys,   // [rows, stride]
    const float* values) // [rows, stride]
{
    float* ring = reinterpret_cast<float*>(place.after + 1);
    int oldest = place.rows - Place::context, from = place.first == 0 ? oldest : max(oldest, place.first);
    int count = min(place.first + Shape::tokens, place.rows) - from;
    for (int i = threadIdx.x; i < count * Shape::floats; i += Shape::threads)
    {
        int t = from + i / Shape::floats, channel = place.chunk * Shape::floats + i % Shape::floats;
        if (channel >= Shape::channels)
        {
            continue;
        }
        bool isOwn = t >= 0, isThere = place.seen + t >= 0;
        long long row = place.at(t) + channel;
        ring[place.ring(t, ring_key) + channel] = isOwn ? keys[row] : isThere ? place.earlier(t, ring_key)[channel] : 0.0f;
        ring[place.ring(t, ring_value) + channel] = isOwn ? values[row] : isThere ? place.earlier(t, ring_value)[channel] : 0.0f;
    }
    if (place.first == 0 && place.head == 0 && place.chunk == 0 && threadIdx.x == 0)
    {
        *place.after = place.seen + place.rows;
    }
}

// 1 / sqrt(P), and the same in powers of two.
template <class Shape>
__device__ __forceinline__ float score_scale()
{
    return static_cast<float>(1 / sqrt(static_cast<double>(Shape::channels)));
}

template <class Shape>
__device__ __forceinline__ float binary_score_scale()
{
    return static_cast<float>(1.44269504088896341 / sqrt(static_cast<double>(Shape::channels)));
}

template <class Attention>
__device__ __forceinline__ void causal_attention(
    const Pass& pass,
    const float* queries, // [rows, stride]
    const float* keys,    // [rows, stride]
    const float* values,  // [rows, stride]
    float* statistics,    // [rows, heads, 3]
    float* output,        // [rows, stride]
    int state)
{
    using Shape = HeadShape<Attention>;
    constexpr int context = Attention::context, heads = Attention::heads, width = Attention::width;
    constexpr int group = 8;
    __shared__ HeadTile<Shape> keyTile, valueTile;
    const HeadPlace<Shape, Attention> place(pass, state);
    if (place.first >= place.rows)
    {
        return;
    }
    const float scale = binary_score_scale<Shape>();
    const HeadPart<Shape> query = load_part<Shape>(queries, place);
    HeadPart<Shape> sum;
    clear_part(sum);
    float maximum = -infinity(), weight = 0;
    const int end = min(place.first + Shape::tokens, place.rows);
    for (int from = place.first_seen(); from < end; from += Shape::passing)
    {
        __syncthreads();
        stage_tile(keyTile, keys, place, from);
        stage_tile(valueTile, values, place, from, ring_value);
        __syncthreads();
        int count = min(Shape::passing, end - from);
#pragma unroll 1
        for (int first = 0; first < count; first += group)
        {
            float scores[group], largest = maximum;
#pragma unroll
            for (int i = 0; i < group; i++)
            {
                int other = from + first + i;
                float score = head_product(query, passing_part(keyTile, first + i, place.lane), place, queries, keys, other) * scale;
                // Infinity would pass for a clear winner: it is an overflow upstream, and NaN reports it.
                score = fabsf(score) < infinity() ? score : not_a_number();
                scores[i] = other <= place.token && other > place.token - context ? score : -infinity();
                largest = fmaxf(largest, scores[i]);
            }
            // Where there is nothing yet, the maximum is minus infinity and its difference with itself NaN.
            float base = largest == -infinity() ? 0.0f : largest, keep = exp2f(maximum - base);
            maximum = largest;
            weight *= keep;
            scale_partial(sum, keep);
#pragma unroll
            for (int i = 0; i < group; i++)
            {
                float probability = exp2f(scores[i] - base);
                weight += probability;
                add_scaled(sum, probability, passing_part(valueTile, first + i, place.lane));
            }
        }
    }
    float inverse = 1.0f / weight;
    store_part<Shape, heads, width>(output, place, sum, inverse);
    if (place.isToken && place.lane == 0 && place.chunk == 0)
    {
        float* own = statistics + (static_cast<long long>(place.start + place.token) * heads + place.head) * 3;
        own[0] = maximum;
        own[1] = inverse;
    }
    if (place.after != nullptr)
    {
        keep_context<Shape>(place, keys, values);
    }
}

// The gradient of the queries: with the probabilities p, computed again, and d_t = g_t o_t, dq_t = sum of p_ti (g_t v_i - d_t) k_i /
// sqrt(P).
template <class Attention>
__device__ __forceinline__ void causal_attention_query_gradient(
    const Pass& pass,
    const float* gradient, // [rows, stride]
    const float* queries,  // [rows, stride]
    const float* keys,     // [rows, stride]
    const float* values,   // [rows, stride]
    const float* output,   // [rows, stride]
    float* statistics,     // [rows, heads, 3]
    float* query_gradient, // [rows, stride]
    int state)
{
    using Shape = HeadShape<Attention>;
    constexpr int context = Attention::context, heads = Attention::heads, width = Attention::width;
    __shared__ HeadTile<Shape> keyTile, valueTile;
    const HeadPlace<Shape, Attention> place(pass, state);
    if (place.first >= place.rows)
    {
        return;
    }
    const float scale = binary_score_scale<Shape>();
    const HeadPart<Shape> query = load_part<Shape>(queries, place), outputGradient = load_part<Shape>(gradient, place);
    HeadPart<Shape> sum;
    clear_part(sum);
    float delta = head_product(outputGradient, load_part<Shape>(output, place), place, gradient, output, place.token);
    float maximum = 0, inverse = 0;
    if (place.isToken)
    {
        float* own = statistics + (static_cast<long long>(place.start + place.token) * heads + place.head) * 3;
        maximum = own[0];
        inverse = own[1];
        if (place.lane == 0 && place.chunk == 0)
        {
            own[2] = delta;
        }
    }
    const int end = min(place.first + Shape::tokens, place.rows);
    for (int from = place.first_seen(); from < end; from += Shape::passing)
    {
        __syncthreads();
        stage_tile(keyTile, keys, place, from);
        stage_tile(valueTile, values, place, from, ring_value);
        __syncthreads();
        int count = min(Shape::passing, end - from);
#pragma unroll 1
        for (int i = 0; i < count; i++)
        {
            int other = from + i;
            const HeadPart<Shape> key = passing_part(keyTile, i, place.lane);
            float score = head_product(query, key, place, queries, keys, other) * scale;
            float product = head_product(
                outputGradient, passing_part(valueTile, i, place.lane), place, gradient, values, other, ring_value);
            float probability = other <= place.token && other > place.token - context ? exp2f(score - maximum) * inverse : 0.0f;
            add_scaled(sum, probability * (product - delta), key);
        }
    }
    store_part<Shape, heads, width>(query_gradient, place, sum, score_scale<Shape>());
}

// The gradients of keys and values: dv_i = sum of p_ti g_t, dk_i = sum of p_ti (g_t v_i - d_t) q_t / sqrt(P), over the tokens t that see i.
template <class Attention>
__device__ __forceinline__ void causal_attention_key_gradient(
    const Pass& pass,
    const float* gradient,   // [rows, stride]
    const float* queries,    // [rows, stride]
    const float* keys,       // [rows, stride]
    const float* values,     // [rows, stride]
    const float* statistics, // [rows, heads, 3]
    float* key_gradient,     // [rows, stride]
    float* value_gradient,   // [rows, stride]
    int state)
{
    using Shape = HeadShape<Attention>;
    constexpr int context = Attention::context, heads = Attention::heads, width = Attention::width;
    __shared__ HeadTile<Shape> queryTile, gradientTile;
    __shared__ float maxima[Shape::passing], inverses[Shape::passing], deltas[Shape::passing];
    const HeadPlace<Shape, Attention> place(pass, state);
    if (place.first >= place.rows)
    {
        return;
    }
    const float scale = binary_score_scale<Shape>();
    const HeadPart<Shape> key = load_part<Shape>(keys, place), value = load_part<Shape>(values, place);
    HeadPart<Shape> keySum, valueSum;
    clear_part(keySum);
    clear_part(valueSum);
    const int end = min(place.rows, place.first + Shape::tokens + context - 1);
    for (int from = place.first; from < end; from += Shape::passing)
    {
        __syncthreads();
        stage_tile(queryTile, queries, place, from);
        stage_tile(gradientTile, gradient, place, from);
        for (int i = threadIdx.x; i < Shape::passing && from + i < place.rows; i += Shape::threads)
        {
            const float* own = statistics + (static_cast<long long>(place.start + from + i) * heads + place.head) * 3;
            maxima[i] = own[0];
            inverses[i] = own[1];
            deltas[i] = own[2];
        }
        __syncthreads();
        int count = min(Shape::passing, end - from);
#pragma unroll 1
        for (int i = 0; i < count; i++)
        {
            int other = from + i;
            const HeadPart<Shape> query = passing_part(queryTile, i, place.lane);
            const HeadPart<Shape> outputGradient = passing_part(gradientTile, i, place.lane);
            float score = head_product(key, query, place, keys, queries, other) * scale;
            float product = head_product(value, outputGradient, place, values, gradient, other);
            float probability = other >= place.token && other - place.token < context ? exp2f(score - maxima[i]) * inverses[i] : 0.0f;
            add_scaled(valueSum, probability, outputGradient);
            add_scaled(keySum, probability * (product - deltas[i]), query);
        }
    }
    store_part<Shape, heads, width>(value_gradient, place, valueSum, 1.0f);
    store_part<Shape, heads, width>(key_gradient, place, keySum, score_scale<Shape>());
}
