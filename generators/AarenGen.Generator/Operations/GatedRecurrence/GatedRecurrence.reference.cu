// h_t = keep_t h_{t-1} + add_t g(c_t) a channel, keep + add = 1, h_0 = 0, with g(x) = x + 1/2 where x >= 0 and the logistic function
// elsewhere. minGRU: add = logistic(z). minLSTM: keep = logistic(f) / (logistic(f) + logistic(i)).

__device__ double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

// The gate of a token that keeps the state: of minLSTM where there is a second value, else of minGRU.
__device__ double keep_gate(const double* first, const double* second, long long at)
{
    return second == nullptr ? logistic(-first[at]) : logistic(first[at]) / (logistic(first[at]) + logistic(second[at]));
}

// The gate that adds the candidate, which 1 - keep would round off where it is small.
__device__ double add_gate(const double* first, const double* second, long long at)
{
    return second == nullptr ? logistic(first[at]) : logistic(second[at]) / (logistic(first[at]) + logistic(second[at]));
}

__device__ double candidate_of(double x)
{
    return x >= 0 ? x + 0.5 : logistic(x);
}

struct GatedRecurrence
{
    Batch batch;
    const double* first;
    const double* second;
    const double* candidates;
    double* h;
    long long width;
};

// Each step rounds by 8 roundoffs of what it adds up, and keeps its part of the error of the step before. A thread a sequence and channel.
extern "C" __global__ void gated_recurrence(const GatedRecurrence a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long sequence = thread / a.width, channel = thread % a.width;
    double h = 0, magnitude = 0, bound = 0;
    for (long long row = first_row(a.batch, sequence); row < a.batch.ends[sequence]; row++)
    {
        const long long at = row * a.width + channel;
        double keep = keep_gate(a.first, a.second, at), added = add_gate(a.first, a.second, at) * candidate_of(a.candidates[at]);
        h = keep * h + added;
        magnitude = keep * magnitude + fabs(added);
        bound = keep * bound + 8 * magnitude;
        write(a.batch, a.h, at, h, bound);
    }
}

struct GatedRecurrenceGradient
{
    Batch batch;
    const double* dh;
    const double* first;
    const double* second;
    const double* candidates;
    const double* h;
    double* dfirst;
    double* dsecond;
    double* dcandidates;
    long long width;
};

// With H_t = dh_t + keep_{t+1} H_{t+1}: the gradient of g(c_t) is add_t H_t, that of ln(keep_t / add_t) is keep_t add_t (h_{t-1} - g(c_t))
// H_t. A thread a sequence and channel.
extern "C" __global__ void gated_recurrence_gradient(const GatedRecurrenceGradient a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long sequence = thread / a.width, channel = thread % a.width, first = first_row(a.batch, sequence);
    double all = 0, magnitude = 0, bound = 0, keep_after = 0;
    for (long long row = a.batch.ends[sequence] - 1; row >= first; row--)
    {
        const long long at = row * a.width + channel;
        const double keep = keep_gate(a.first, a.second, at), added = add_gate(a.first, a.second, at), c = a.candidates[at];
        const double before = row == first ? 0 : a.h[at - a.width], candidate = candidate_of(c);
        all = a.dh[at] + keep_after * all;
        magnitude = fabs(a.dh[at]) + keep_after * magnitude;
        bound = keep_after * bound + 8 * magnitude;
        const double derivative = c >= 0 ? 1 : logistic(c) * logistic(-c);
        add(a.batch, a.dcandidates, at, added * all * derivative, added * derivative * bound);
        const double odds = keep * added * (before - candidate) * all;
        const double odds_bound = keep * added * (fabs(before) + fabs(candidate)) * bound;
        if (a.second == nullptr)
        {
            add(a.batch, a.dfirst, at, -odds, odds_bound);
        }
        else
        {
            add(a.batch, a.dfirst, at, odds * logistic(-a.first[at]), odds_bound * logistic(-a.first[at]));
            add(a.batch, a.dsecond, at, -odds * logistic(-a.second[at]), odds_bound * logistic(-a.second[at]));
        }
        keep_after = keep;
    }
}
