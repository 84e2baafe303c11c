// y_t = x_t + b + the sum of c_j x_{t-j} over j < taps a channel, without tokens before the sequence. The weights are [width, stride], the
// token's own last: c_j is in column taps - 1 - j.

struct CausalConvolution
{
    Batch batch;
    const double* x;
    const double* weights;
    const double* bias;
    double* y;
    long long width, taps, stride;
};

// A thread a row and channel.
extern "C" __global__ void causal_convolution(const CausalConvolution a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, first = first_row(a.batch, sequence_of(a.batch, row));
    double sum = a.x[at] + a.bias[channel], magnitude = fabs(a.x[at]) + fabs(a.bias[channel]);
    for (long long j = 0; j < a.taps && row - j >= first; j++)
    {
        double term = a.weights[channel * a.stride + a.taps - 1 - j] * a.x[at - j * a.width];
        sum += term;
        magnitude += fabs(term);
    }
    write(a.batch, a.y, at, sum, roundings(a.taps + 2) * magnitude);
}

struct CausalConvolutionGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    const double* weights;
    double* dx;
    double* dweights;
    double* dbias;
    long long width, taps, stride;
};

// dx_t = dy_t + the sum of c_j dy_{t+j} over j < taps, up to the sequence's end. A thread a row and channel.
extern "C" __global__ void causal_convolution_gradient(const CausalConvolutionGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, channel = at % a.width, end = a.batch.ends[sequence_of(a.batch, row)];
    double sum = a.dy[at], magnitude = fabs(a.dy[at]);
    for (long long j = 0; j < a.taps && row + j < end; j++)
    {
        double term = a.weights[channel * a.stride + a.taps - 1 - j] * a.dy[at + j * a.width];
        sum += term;
        magnitude += fabs(term);
    }
    add(a.batch, a.dx, at, sum, roundings(a.taps + 1) * magnitude);
}

// dc_j = the sum of dy_t x_{t-j} over all tokens, and db that of dy_t. A thread a channel.
extern "C" __global__ void causal_convolution_weight_gradient(const CausalConvolutionGradient a, const int threads)
{
    const long long channel = thread_number();
    if (channel >= threads)
    {
        return;
    }
    for (long long j = 0; j < a.taps; j++)
    {
        double sum = 0, magnitude = 0;
        for (long long row = j; row < a.batch.rows; row++)
        {
            if (sequence_of(a.batch, row - j) == sequence_of(a.batch, row))
            {
                double term = a.dy[row * a.width + channel] * a.x[(row - j) * a.width + channel];
                sum += term;
                magnitude += fabs(term);
            }
        }
        add(a.batch, a.dweights, channel * a.stride + a.taps - 1 - j, sum, roundings(a.batch.rows) * magnitude);
    }
    double sum = 0, magnitude = 0;
    for (long long row = 0; row < a.batch.rows; row++)
    {
        sum += a.dy[row * a.width + channel];
        magnitude += fabs(a.dy[row * a.width + channel]);
    }
    add(a.batch, a.dbias, channel, sum, roundings(a.batch.rows) * magnitude);
}
