// A query that does not depend on the token, folded into the keys: with q = W_q query + b_q, a head's score q (W_k x + b_k) / sqrt(P) is
// f x + c with f = W_k^T q / sqrt(P) and c = q b_k / sqrt(P). The fast kernels add in double: only what they store is rounded.

struct FoldQuery
{
    Batch batch;
    const double* query;
    const double* query_weight;
    const double* query_bias;
    const double* key_weight;
    const double* key_bias;
    double* q;                  // [width]
    double* folded;             // [heads, stride]
    double* folded_bias;        // [heads]
    long long width, heads, stride;
};

// q, a thread a channel.
extern "C" __global__ void project_query(const FoldQuery a, const int threads)
{
    const long long channel = thread_number();
    if (channel >= threads)
    {
        return;
    }
    a.q[channel] = a.query_bias[channel];
    for (long long i = 0; i < a.width; i++)
    {
        a.q[channel] += a.query_weight[channel * a.stride + i] * a.query[i];
    }
}

// f, a thread a head and input.
extern "C" __global__ void fold_query(const FoldQuery a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long head = thread / a.width, input = thread % a.width, channels = a.width / a.heads;
    double sum = 0;
    for (long long c = head * channels; c < (head + 1) * channels; c++)
    {
        sum += a.key_weight[c * a.stride + input] * a.q[c] / sqrt(static_cast<double>(channels));
    }
    write(a.batch, a.folded, head * a.stride + input, sum, 0);
}

// c, a thread a head.
extern "C" __global__ void fold_query_bias(const FoldQuery a, const int threads)
{
    const long long head = thread_number();
    if (head >= threads)
    {
        return;
    }
    const long long channels = a.width / a.heads;
    double sum = 0;
    for (long long c = head * channels; c < (head + 1) * channels; c++)
    {
        sum += a.key_bias[c] * a.q[c] / sqrt(static_cast<double>(channels));
    }
    write(a.batch, a.folded_bias, head, sum, 0);
}

struct FoldQueryGradient
{
    Batch batch;
    const double* query;
    const double* query_weight;
    const double* key_weight;
    const double* key_bias;
    const double* q;
    const double* dfolded;
    const double* dfolded_bias;
    double* dquery;
    double* dquery_weight;
    double* dquery_bias;
    double* dkey_weight;
    double* dkey_bias;
    long long width, heads, stride;
};

// The gradients of both projections; a thread a channel.
extern "C" __global__ void fold_query_gradient(const FoldQueryGradient a, const int threads)
{
    const long long channel = thread_number();
    if (channel >= threads)
    {
        return;
    }
    const long long channels = a.width / a.heads, head = channel / channels;
    const double scale = 1 / sqrt(static_cast<double>(channels));
    const double* key = a.key_weight + channel * a.stride;
    const double* dfolded = a.dfolded + head * a.stride;
    double dq = a.key_bias[channel] * a.dfolded_bias[head] * scale;
    for (long long i = 0; i < a.width; i++)
    {
        dq += key[i] * dfolded[i] * scale;
        add(a.batch, a.dkey_weight, channel * a.stride + i, a.q[channel] * dfolded[i] * scale, 0);
    }
    add(a.batch, a.dkey_bias, channel, a.q[channel] * a.dfolded_bias[head] * scale, 0);
    add(a.batch, a.dquery_bias, channel, dq, 0);
    for (long long i = 0; i < a.width; i++)
    {
        add(a.batch, a.dquery_weight, channel * a.stride + i, dq * a.query[i], 0);
    }
}

// The gradient of the query, W_q^T dq, where dq is the gradient of b_q; a thread an input.
extern "C" __global__ void folded_query_gradient(const FoldQueryGradient a, const int threads)
{
    const long long input = thread_number();
    if (input >= threads)
    {
        return;
    }
    double sum = 0;
    for (long long c = 0; c < a.width; c++)
    {
        sum += a.query_weight[c * a.stride + input] * a.dquery_bias[c];
    }
    add(a.batch, a.dquery, input, sum, 0);
}
