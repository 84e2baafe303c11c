// y_t = the mean of x_1 ... x_t of the sequence.
struct PrefixMean
{
    Batch batch;
    const double* from;
    double* to;
    long long width;
};

// A thread a sequence and channel.
extern "C" __global__ void prefix_mean(const PrefixMean a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long sequence = thread / a.width, channel = thread % a.width;
    const long long first = first_row(a.batch, sequence), end = a.batch.ends[sequence];
    double sum = 0, magnitude = 0;
    for (long long row = first; row < end; row++)
    {
        const double count = static_cast<double>(row - first + 1);
        sum += a.from[row * a.width + channel];
        magnitude += fabs(a.from[row * a.width + channel]);
        write(a.batch, a.to, row * a.width + channel, sum / count, roundings(row - first + 3) * magnitude / count);
    }
}

// dx_t = the sum of dy_s / s over all s from t on. A thread a sequence and channel.
extern "C" __global__ void prefix_mean_gradient(const PrefixMean a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long sequence = thread / a.width, channel = thread % a.width;
    const long long first = first_row(a.batch, sequence), end = a.batch.ends[sequence];
    double sum = 0, magnitude = 0;
    for (long long row = end - 1; row >= first; row--)
    {
        const double count = static_cast<double>(row - first + 1);
        sum += a.from[row * a.width + channel] / count;
        magnitude += fabs(a.from[row * a.width + channel]) / count;
        add(a.batch, a.to, row * a.width + channel, sum, roundings(end - row + 2) * magnitude);
    }
}
