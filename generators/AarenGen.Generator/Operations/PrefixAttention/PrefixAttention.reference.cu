// o_t = the sum over i <= t of a_ti v_i a head, with a_ti = e^{s_i} / (e^{s_1} + ... + e^{s_t}).

struct PrefixAttention
{
    Batch batch;
    const double* values;
    const double* scores;
    double* log_sums;           // [rows, heads]: ln(e^{s_1} + ... + e^{s_t})
    double* o;
    long long width, heads;
};

// A thread a row and head.
extern "C" __global__ void prefix_attention_sums(const PrefixAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, first = first_row(a.batch, sequence_of(a.batch, row));
    double largest = a.scores[at], sum = 0;
    for (long long i = first; i < row; i++)
    {
        largest = fmax(largest, a.scores[i * a.heads + head]);
    }
    for (long long i = first; i <= row; i++)
    {
        sum += exp(a.scores[i * a.heads + head] - largest);
    }
    a.log_sums[at] = largest + log(sum);
}

// A recurrence rounds its sum at every token, by a few roundoffs, and the exponents by one: a thread a row and channel.
extern "C" __global__ void prefix_attention(const PrefixAttention a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long first = first_row(a.batch, sequence_of(a.batch, row));
    double sum = 0, bound = 0;
    for (long long i = first; i <= row; i++)
    {
        double exponent = a.scores[i * a.heads + head] - a.log_sums[row * a.heads + head];
        double term = exp(exponent) * a.values[i * a.width + channel];
        sum += term;
        bound += fabs(term) * (roundings(row - i + 8) + fabs(exponent));
    }
    write(a.batch, a.o, at, sum, bound);
}

struct PrefixAttentionGradient
{
    Batch batch;
    const double* d_o;
    const double* values;
    const double* scores;
    const double* log_sums;
    const double* o;
    double* dvalues;
    double* dscores;
    long long width, heads;
};

// dv_i = the sum over t >= i of a_ti do_t. A thread a row and channel.
extern "C" __global__ void prefix_attention_value_gradient(const PrefixAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, head = channel / (a.width / a.heads);
    const long long end = a.batch.ends[sequence_of(a.batch, row)];
    double sum = 0, bound = 0;
    for (long long t = row; t < end; t++)
    {
        double exponent = a.scores[row * a.heads + head] - a.log_sums[t * a.heads + head];
        double term = exp(exponent) * a.d_o[t * a.width + channel];
        sum += term;
        bound += fabs(term) * (roundings(t - row + 8) + fabs(exponent));
    }
    add(a.batch, a.dvalues, at, sum, bound);
}

// ds_i = the sum over t >= i of a_ti (v_i - o_t) do_t. A thread a row and head.
extern "C" __global__ void prefix_attention_score_gradient(const PrefixAttentionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.heads, head = at % a.heads, channels = a.width / a.heads;
    const long long end = a.batch.ends[sequence_of(a.batch, row)];
    double sum = 0, bound = 0;
    for (long long t = row; t < end; t++)
    {
        double exponent = a.scores[at] - a.log_sums[t * a.heads + head], dot = 0, magnitude = 0;
        for (long long c = head * channels; c < (head + 1) * channels; c++)
        {
            const double v = a.values[row * a.width + c], o = a.o[t * a.width + c], d_o = a.d_o[t * a.width + c];
            dot += (v - o) * d_o;
            magnitude += (fabs(v) + fabs(o)) * fabs(d_o);
        }
        sum += exp(exponent) * dot;
        bound += exp(exponent) * magnitude * (roundings(t - row + channels + 8) + fabs(exponent));
    }
    add(a.batch, a.dscores, at, sum, bound);
}
