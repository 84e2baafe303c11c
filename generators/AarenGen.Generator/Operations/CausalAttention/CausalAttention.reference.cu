// o_t = the sum of p_ti v_i a head over the last tokens, i from t - context + 1 to t of the sequence, with p_t the softmax of
// q_t k_i / sqrt(P). Column j of the probabilities, and of the gradients of scores, is i = t - j.

struct CausalAttention
{
    Batch batch;
    const double* queries;
    const double* keys;
    const double* values;
    double* probabilities;      // [rows, heads, context]
    double* o;
    long long width, heads, context;
};

// The tokens that a row sees.
__device__ long long tokens_seen(const Batch& batch, long long row, long long context)
{
    return min(row - first_row(batch, sequence_of(batch, row)) + 1, context);
}

// A score's error is that of a sum, and one of an exponential is relative. A thread a row and head.
extern "C" __global__ void causal_attention_probabilities(const CausalAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, channels = a.width / a.heads;
    const long long seen = tokens_seen(a.batch, row, a.context);
    const double* q = a.queries + row * a.width + head * channels;
    double* p = a.probabilities + at * a.context;
    double largest = 0, sum = 0, magnitude = 0;
    for (long long j = 0; j < seen; j++)
    {
        const double* k = a.keys + (row - j) * a.width + head * channels;
        double score = 0, products = 0;
        for (long long c = 0; c < channels; c++)
        {
            score += q[c] * k[c] / sqrt(static_cast<double>(channels));
            products += fabs(q[c] * k[c]) / sqrt(static_cast<double>(channels));
        }
        p[j] = score;
        largest = j == 0 ? score : fmax(largest, score);
        magnitude = fmax(magnitude, products);
    }
    for (long long j = 0; j < seen; j++)
    {
        p[j] = exp(p[j] - largest);
        sum += p[j];
    }
    for (long long j = 0; j < seen; j++)
    {
        write(
            a.batch, a.probabilities, at * a.context + j, p[j] / sum,
            p[j] / sum * (roundings(seen + 8) + roundings(channels + 4) * magnitude));
    }
}

// A thread a row and channel.
extern "C" __global__ void causal_attention(const CausalAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long seen = tokens_seen(a.batch, row, a.context);
    const double* p = a.probabilities + (row * a.heads + head) * a.context;
    double sum = 0, magnitude = 0;
    for (long long j = 0; j < seen; j++)
    {
        sum += p[j] * a.values[(row - j) * a.width + channel];
        magnitude += fabs(p[j] * a.values[(row - j) * a.width + channel]);
    }
    write(a.batch, a.o, at, sum, roundings(seen) * magnitude);
}

struct CausalAttentionGradient
{
    Batch batch;
    const double* d_o;
    const double* queries;
    const double* keys;
    const double* values;
    const double* probabilities;
    double* dscores;            // [rows, heads, context]
    double* dqueries;
    double* dkeys;
    double* dvalues;
    long long width, heads, context;
};

// ds_ti = p_ti (do_t v_i - the sum of p_tj do_t v_j) / sqrt(P). A thread a row and head.
extern "C" __global__ void causal_attention_score_gradient(const CausalAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, channels = a.width / a.heads;
    const long long seen = tokens_seen(a.batch, row, a.context);
    const double* p = a.probabilities + at * a.context;
    const double* d_o = a.d_o + row * a.width + head * channels;
    double* ds = a.dscores + at * a.context;
    double mean = 0, magnitude = 0;
    for (long long j = 0; j < seen; j++)
    {
        const double* v = a.values + (row - j) * a.width + head * channels;
        double products = 0;
        ds[j] = 0;
        for (long long c = 0; c < channels; c++)
        {
            ds[j] += d_o[c] * v[c];
            products += fabs(d_o[c] * v[c]);
        }
        mean += p[j] * ds[j];
        magnitude = fmax(magnitude, products);
    }
    for (long long j = 0; j < seen; j++)
    {
        double scale = p[j] / sqrt(static_cast<double>(channels));
        write(
            a.batch, a.dscores, at * a.context + j, scale * (ds[j] - mean), fabs(scale) * 2 * magnitude * roundings(channels + 8));
    }
}

// dq_t = the sum of ds_ti k_i. A thread a row and channel.
extern "C" __global__ void causal_attention_query_gradient(const CausalAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long seen = tokens_seen(a.batch, row, a.context);
    const double* ds = a.dscores + (row * a.heads + head) * a.context;
    double sum = 0, magnitude = 0;
    for (long long j = 0; j < seen; j++)
    {
        sum += ds[j] * a.keys[(row - j) * a.width + channel];
        magnitude += fabs(ds[j] * a.keys[(row - j) * a.width + channel]);
    }
    add(a.batch, a.dqueries, at, sum, roundings(seen) * magnitude);
}

// dk_i = the sum of ds_ti q_t and dv_i = the sum of p_ti do_t, over the tokens that see i. A thread a row and channel.
extern "C" __global__ void causal_attention_key_value_gradient(const CausalAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long end = min(row + a.context, static_cast<long long>(a.batch.ends[sequence_of(a.batch, row)]));
    double dk = 0, dv = 0, dk_magnitude = 0, dv_magnitude = 0;
    for (long long t = row; t < end; t++)
    {
        const long long score = (t * a.heads + head) * a.context + t - row;
        dk += a.dscores[score] * a.queries[t * a.width + channel];
        dk_magnitude += fabs(a.dscores[score] * a.queries[t * a.width + channel]);
        dv += a.probabilities[score] * a.d_o[t * a.width + channel];
        dv_magnitude += fabs(a.probabilities[score] * a.d_o[t * a.width + channel]);
    }
    add(a.batch, a.dkeys, at, dk, roundings(end - row) * dk_magnitude);
    add(a.batch, a.dvalues, at, dv, roundings(end - row) * dv_magnitude);
}
