// needs: optimizer
// A query that does not depend on the token folds into the keys: with q = W_q query + b_q, a head's score q (W_k x + b_k) / sqrt(P) is
// f x + c with f = W_k^T q / sqrt(P) and c = q b_k / sqrt(P). A block takes a head. Accumulators are in double: a fold is once a step.

// The head's channels of q, a warp a channel.
template <int width, int heads, int stride>
__device__ __forceinline__ void fold_queries(
    const float* query,        // [stride]
    const float* query_weight, // [width, stride]
    const float* query_bias,   // [stride]
    int head,
    double* shared)            // [width / heads], in shared memory
{
    constexpr int channels = width / heads;
    for (int c = threadIdx.x / 32; c < channels; c += 8)
    {
        const float* row = query_weight + static_cast<long long>(head * channels + c) * stride;
        double sum = 0;
        for (int i = 4 * (threadIdx.x % 32); i < pad4(width); i += 128)
        {
            float4 w = load4(row + i), x = load4(query + i);
            sum += static_cast<double>(w.x) * x.x + static_cast<double>(w.y) * x.y
                + (static_cast<double>(w.z) * x.z + static_cast<double>(w.w) * x.w);
        }
        sum = warp_sum(sum);
        if (threadIdx.x % 32 == 0)
        {
            shared[c] = sum + query_bias[head * channels + c];
        }
    }
    __syncthreads();
}

template <class Fold>
__device__ __forceinline__ void fold_query(
    const float* query,        // [stride]
    const float* query_weight, // [width, stride]
    const float* query_bias,   // [stride]
    const float* key_weight,   // [width, stride]
    const float* key_bias,     // [stride]
    int head,
    float* folded,             // [heads, stride]
    float* folded_bias)        // [heads], padded
{
    constexpr int width = Fold::width, heads = Fold::heads, stride = Fold::stride;
    constexpr int channels = width / heads;
    __shared__ double q[channels];
    fold_queries<width, heads, stride>(query, query_weight, query_bias, head, q);
    const double scale = 1 / sqrt(static_cast<double>(channels));
    for (int i = threadIdx.x; i < pad4(width); i += 256)
    {
        double sum = 0;
        for (int c = 0; c < channels; c++)
        {
            sum += key_weight[static_cast<long long>(head * channels + c) * stride + i] * q[c];
        }
        folded[head * stride + i] = static_cast<float>(sum * scale);
    }
    if (threadIdx.x == 0)
    {
        double sum = 0;
        for (int c = 0; c < channels; c++)
        {
            sum += key_bias[head * channels + c] * q[c];
        }
        folded_bias[head] = static_cast<float>(sum * scale);
        // The padding is read with the last heads.
        for (int h = heads; head == heads - 1 && h < pad4(heads); h++)
        {
            folded_bias[h] = 0;
        }
    }
}

// From the gradients of f and c to those of W_q, b_q, W_k and b_k. dq, a number a channel, is b_q's gradient as well.
template <class Fold>
__device__ __forceinline__ double fold_query_backward(
    const float* query,                // [stride]
    const float* query_weight,         // [width, stride]
    const float* query_bias,           // [stride]
    const float* key_weight,           // [width, stride]
    const float* key_bias,             // [stride]
    int head,
    const float* folded_gradient,      // [heads, stride]
    const float* folded_bias_gradient, // [heads], padded
    float* query_weight_gradient,      // [width, stride]
    float* query_bias_gradient,        // [stride]
    float* key_weight_gradient,        // [width, stride]
    float* key_bias_gradient)          // [stride]
{
    constexpr int width = Fold::width, heads = Fold::heads, stride = Fold::stride;
    constexpr int channels = width / heads;
    __shared__ double q[channels];
    fold_queries<width, heads, stride>(query, query_weight, query_bias, head, q);
    const double scale = 1 / sqrt(static_cast<double>(channels));
    const float* df = folded_gradient + head * stride;
    double dc = folded_bias_gradient[head], squaredNorm = 0;
    int lane = threadIdx.x % 32;
    for (int c = threadIdx.x / 32; c < channels; c += 8)
    {
        int channel = head * channels + c;
        const float* row = key_weight + static_cast<long long>(channel) * stride;
        double sum = 0;
        for (int i = 4 * lane; i < pad4(width); i += 128)
        {
            float4 w = load4(row + i), d = load4(df + i);
            sum += static_cast<double>(w.x) * d.x + static_cast<double>(w.y) * d.y
                + (static_cast<double>(w.z) * d.z + static_cast<double>(w.w) * d.w);
        }
        float dq = static_cast<float>((warp_sum(sum) + key_bias[channel] * dc) * scale);
        float own = static_cast<float>(q[c] * scale);
        for (int i = 4 * lane; i < pad4(width); i += 128)
        {
            float4 d = load4(df + i), x = load4(query + i);
            float4 key = make_float4(own * d.x, own * d.y, own * d.z, own * d.w),
                asked = make_float4(dq * x.x, dq * x.y, dq * x.z, dq * x.w);
            store4(key_weight_gradient + static_cast<long long>(channel) * stride + i, key);
            store4(query_weight_gradient + static_cast<long long>(channel) * stride + i, asked);
            squaredNorm += squared_norm4(key) + squared_norm4(asked);
        }
        if (lane == 0)
        {
            float bias = static_cast<float>(q[c] * dc * scale);
            query_bias_gradient[channel] = dq;
            key_bias_gradient[channel] = bias;
            squaredNorm += static_cast<double>(dq) * dq + static_cast<double>(bias) * bias;
        }
    }
    if (threadIdx.x == 0)
    {
        for (int i = width; head == heads - 1 && i < pad4(width); i++)
        {
            query_bias_gradient[i] = 0;
            key_bias_gradient[i] = 0;
        }
    }
    return squaredNorm;
}

// dquery = W_q^T dq, 64 of it a block.
template <class Fold>
__device__ __forceinline__ double fold_query_finish(
    const float* query_weight,        // [width, stride]
    const float* query_bias_gradient, // [stride]
    int part,
    float* query_gradient)            // [stride]
{
    constexpr int width = Fold::width, stride = Fold::stride;
    __shared__ double sums[4][64];
    int column = part * 64 + threadIdx.x % 64, row = threadIdx.x / 64;
    double sum = 0;
    for (int c = row; c < width && column < width; c += 4)
    {
        sum += static_cast<double>(query_weight[static_cast<long long>(c) * stride + column]) * query_bias_gradient[c];
    }
    sums[row][threadIdx.x % 64] = sum;
    __syncthreads();
    if (threadIdx.x >= 64 || column >= pad4(width))
    {
        return 0;
    }
    float gradient = static_cast<float>(sums[0][threadIdx.x] + sums[1][threadIdx.x] + (sums[2][threadIdx.x] + sums[3][threadIdx.x]));
    query_gradient[column] = column < width ? gradient : 0.0f;
    return column < width ? static_cast<double>(gradient) * gradient : 0;
}
