// o_t = the sum over i <= t of a_ti v_i a head, a_ti in proportion to e^{s_i + d_{i+1} + ... + d_t}, with the decay d = log(sigma(f)).

// log(sigma(f))
__device__ double decay_of(double forget)
{
    return fmin(forget, 0.0) - log1p(exp(-fabs(forget)));
}

// By how many roundoffs float32 may miss a decay: each of its terms by three, of two functions and a difference, and its sum over 32 tokens
// is a tree of five levels. That is the root of eight roundings.
__device__ double decay_bound(double decay)
{
    return roundings(8) * fabs(decay);
}

struct ForgettingAttention
{
    Batch batch;
    const double* values;
    const double* scores;
    const double* forgets;
    double* log_sums;           // [rows, heads]: the logarithm of the sum of weights
    double* o;
    long long width, heads;
};

// A thread a row and head.
extern "C" __global__ void forgetting_attention_sums(const ForgettingAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, first = first_row(a.batch, sequence_of(a.batch, row));
    double largest = a.scores[at], sum = 0;
    double decay = 0;
    for (long long i = row; i >= first; i--)
    {
        largest = fmax(largest, a.scores[i * a.heads + head] + decay);
        decay += decay_of(a.forgets[i * a.heads + head]);
    }
    decay = 0;
    for (long long i = row; i >= first; i--)
    {
        sum += exp(a.scores[i * a.heads + head] + decay - largest);
        decay += decay_of(a.forgets[i * a.heads + head]);
    }
    a.log_sums[at] = largest + log(sum);
}

// A recurrence rounds its sum at every token, by a few roundoffs, and the exponents too: a thread a row and channel.
extern "C" __global__ void forgetting_attention(const ForgettingAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long first = first_row(a.batch, sequence_of(a.batch, row));
    double sum = 0, bound = 0, decay = 0;
    for (long long i = row; i >= first; i--)
    {
        double exponent = a.scores[i * a.heads + head] + decay - a.log_sums[row * a.heads + head];
        double term = exp(exponent) * a.values[i * a.width + channel];
        sum += term;
        bound += fabs(term) * (roundings(row - i + 8) + fabs(exponent) + decay_bound(decay));
        decay += decay_of(a.forgets[i * a.heads + head]);
    }
    write(a.batch, a.o, at, sum, bound);
}

struct ForgettingAttentionGradient
{
    Batch batch;
    const double* d_o;
    const double* values;
    const double* scores;
    const double* forgets;
    const double* log_sums;
    const double* o;
    double* dvalues;
    double* dscores;
    double* dforgets;
    long long width, heads;
};

// dv_i = the sum over t >= i of a_ti do_t. A thread a row and channel.
extern "C" __global__ void forgetting_attention_value_gradient(const ForgettingAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long end = a.batch.ends[sequence_of(a.batch, row)];
    double sum = 0, bound = 0, decay = 0;
    for (long long t = row; t < end; t++)
    {
        decay += t > row ? decay_of(a.forgets[t * a.heads + head]) : 0;
        double exponent = a.scores[row * a.heads + head] + decay - a.log_sums[t * a.heads + head];
        double term = exp(exponent) * a.d_o[t * a.width + channel];
        sum += term;
        bound += fabs(term) * (roundings(t - row + 8) + fabs(exponent) + decay_bound(decay));
    }
    add(a.batch, a.dvalues, at, sum, bound);
}

// The gradient of an exponent, which all later tokens read: the sum over t >= i of a_ti (v_i - o_t) do_t.
__device__ double exponent_gradient(const ForgettingAttentionGradient& a, long long row, long long head, double& bound)
{
    const long long channels = a.width / a.heads, end = a.batch.ends[sequence_of(a.batch, row)];
    double sum = 0, decay = 0;
    for (long long t = row; t < end; t++)
    {
        decay += t > row ? decay_of(a.forgets[t * a.heads + head]) : 0;
        double exponent = a.scores[row * a.heads + head] + decay - a.log_sums[t * a.heads + head], dot = 0, magnitude = 0;
        for (long long c = head * channels; c < (head + 1) * channels; c++)
        {
            const double v = a.values[row * a.width + c], o = a.o[t * a.width + c], d_o = a.d_o[t * a.width + c];
            dot += (v - o) * d_o;
            magnitude += (fabs(v) + fabs(o)) * fabs(d_o);
        }
        sum += exp(exponent) * dot;
        bound += exp(exponent) * magnitude * (roundings(t - row + channels + 8) + fabs(exponent) + decay_bound(decay));
    }
    return sum;
}

// ds_i. A thread a row and head.
extern "C" __global__ void forgetting_attention_score_gradient(const ForgettingAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double bound = 0, sum = exponent_gradient(a, at / a.heads, at % a.heads, bound);
    add(a.batch, a.dscores, at, sum, bound);
}

// The decay of token t is part of the exponents of all tokens before it, as all tokens from t on read them: the sum over i < t <= u of
// a_ui (v_i - o_u) do_u, times 1 - sigma(f_t). A thread a row and head.
extern "C" __global__ void forgetting_attention_gate_gradient(const ForgettingAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, channels = a.width / a.heads;
    const long long sequence = sequence_of(a.batch, row), first = first_row(a.batch, sequence), end = a.batch.ends[sequence];
    double sum = 0, bound = 0, factor = 1 / (1 + exp(a.forgets[at])), upTo = 0;
    for (long long u = row; u < end; u++)
    {
        upTo += decay_of(a.forgets[u * a.heads + head]);
        double decay = upTo;
        for (long long i = row - 1; i >= first; i--)
        {
            double exponent = a.scores[i * a.heads + head] + decay - a.log_sums[u * a.heads + head], dot = 0;
            for (long long c = head * channels; c < (head + 1) * channels; c++)
            {
                dot += (a.values[i * a.width + c] - a.o[u * a.width + c]) * a.d_o[u * a.width + c];
            }
            sum += exp(exponent) * dot;
            decay += decay_of(a.forgets[i * a.heads + head]);
        }
    }
    // Fast kernels add up the gradients of scores from the token on, whose errors remain where they cancel.
    for (long long i = row; i < end; i++)
    {
        double own = 0, gradient = exponent_gradient(a, i, head, own);
        bound += own + fabs(gradient) * roundings(8);
    }
    add(a.batch, a.dforgets, at, row == first ? 0 : sum * factor, row == first ? 0 : bound * factor);
}
