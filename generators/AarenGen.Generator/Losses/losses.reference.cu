// Losses of rows, weight times scale times the loss of a row, and their gradients by the outputs; a thread a row. Rows without weight have
// none, and neither have values whose target is NaN: it is missing. Fast kernels compute losses in double, too: only what they store is
// rounded.

struct LossArguments
{
    Batch batch;
    const double* outputs;
    const double* targets;
    const double* weights;
    double scale;
    double* gradient;
    double* losses;
    long long width, target_width, target_stride;
    const double* constants;
    const double* more_constants;
    long long count;            // of the constants
};

// Where a row's numbers lie.
struct LossRow
{
    const double* output;
    const double* target;
    double factor;              // of the loss and its gradient
    long long target_width;
    bool counts;

    __device__ LossRow(const LossArguments& a, long long row, int threads)
        : output(a.outputs + row * a.width), target(a.targets + row * a.target_stride), factor(0), target_width(a.target_width),
          counts(false)
    {
        if (row < threads)
        {
            factor = a.weights[row] * a.scale;
            counts = factor != 0;
        }
    }

    // Whether an output's own target is missing; outputs of a kind are as many as targets.
    __device__ bool lacks(long long output) const
    {
        return target[output % target_width] != target[output % target_width];
    }
};

__device__ void leave_gradient(const LossArguments& a, const LossRow& own, long long row, long long column, double gradient)
{
    add(a.batch, a.gradient, row * a.width + column, gradient * own.factor, 0);
}

// Each output's own.
extern "C" __global__ void squared_error(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double difference = own.output[i] - own.target[i];
        a.losses[row] += difference * difference * own.factor;
        leave_gradient(a, own, row, i, 2 * difference);
    }
}

extern "C" __global__ void absolute_error(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double difference = own.output[i] - own.target[i];
        a.losses[row] += fabs(difference) * own.factor;
        leave_gradient(a, own, row, i, difference > 0 ? 1 : difference < 0 ? -1 : 0);
    }
}

// A parabola up to delta, a line from there.
extern "C" __global__ void huber_loss(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double difference = own.output[i] - own.target[i], delta = a.constants[0];
        bool is_near = fabs(difference) <= delta;
        a.losses[row] += (is_near ? difference * difference / 2 : delta * (fabs(difference) - delta / 2)) * own.factor;
        leave_gradient(a, own, row, i, is_near ? difference : difference > 0 ? delta : -delta);
    }
}

// Outputs of each level in turn; a mean over the levels.
extern "C" __global__ void pinball_loss(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double level = a.constants[i / a.target_width], difference = own.target[i % a.target_width] - own.output[i];
        double derivative = difference >= 0 ? level : level - 1;
        a.losses[row] += derivative * difference / a.count * own.factor;
        leave_gradient(a, own, row, i, -derivative / a.count);
    }
}

// Means, then deviations.
extern "C" __global__ void gaussian_likelihood(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.target_width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double deviation = own.output[a.target_width + i], z = (own.target[i] - own.output[i]) / deviation;
        a.losses[row] += (z * z / 2 + log(deviation) + log(2 * 3.14159265358979323846) / 2) * own.factor;
        leave_gradient(a, own, row, i, -z / deviation);
        leave_gradient(a, own, row, a.target_width + i, (1 - z * z) / deviation);
    }
}

// The derivative of ln Gamma, for x > 0: by recurrence to 30, from there by its asymptotic series.
__device__ double digamma(double x)
{
    double sum = 0;
    for (; x < 30; x++)
    {
        sum -= 1 / x;
    }
    double s = 1 / (x * x);
    return sum + log(x) - 1 / (2 * x) - s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s / 240)));
}

// Locations, scales, degrees of freedom.
extern "C" __global__ void student_t_likelihood(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    for (long long i = 0; own.counts && i < a.target_width; i++)
    {
        if (own.lacks(i))
        {
            continue;
        }
        double s = own.output[a.target_width + i], nu = own.output[2 * a.target_width + i], z = (own.target[i] - own.output[i]) / s;
        double growth = 1 + z * z / nu;
        a.losses[row] += own.factor * (lgamma(nu / 2) - lgamma((nu + 1) / 2) + log(nu * 3.14159265358979323846) / 2 + log(s)
            + (nu + 1) / 2 * log(growth));
        leave_gradient(a, own, row, i, -(nu + 1) / nu * z / growth / s);
        leave_gradient(a, own, row, a.target_width + i, (1 - (nu + 1) / nu * z * z / growth) / s);
        leave_gradient(
            a, own, row, 2 * a.target_width + i,
            (digamma(nu / 2) - digamma((nu + 1) / 2) + 1 / nu + log(growth) - (nu + 1) / nu * (z * z / nu) / growth) / 2);
    }
}

__device__ double log_sum_exp(const double* x, long long count)
{
    double largest = x[0], sum = 0;
    for (long long i = 1; i < count; i++)
    {
        largest = fmax(largest, x[i]);
    }
    for (long long i = 0; i < count; i++)
    {
        sum += exp(x[i] - largest);
    }
    return largest + log(sum);
}

// Of the target's class, smoothed: every class has an equal fraction of the smoothing. Each class's is weighted.
extern "C" __global__ void cross_entropy(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    if (!own.counts || own.lacks(0))
    {
        return;
    }
    double log_sum = log_sum_exp(own.output, a.width), smoothing = a.constants[0];
    for (long long k = 0; k < a.width; k++)
    {
        double weight = a.more_constants[k] * (smoothing / a.width + (k == static_cast<long long>(own.target[0]) ? 1 - smoothing : 0));
        a.losses[row] += weight * (log_sum - own.output[k]) * own.factor;
        for (long long j = 0; j < a.width && weight != 0; j++)
        {
            a.gradient[row * a.width + j] += weight * (exp(own.output[j] - log_sum) - (j == k ? 1 : 0)) * own.factor;
        }
    }
    for (long long j = 0; j < a.width; j++)
    {
        leave_gradient(a, own, row, j, 0);
    }
}

// Of components with the logarithms of their weights, the means and the raw deviations of the logarithm.
extern "C" __global__ void log_normal_mixture(const LossArguments a, const int threads)
{
    const long long row = thread_number();
    const LossRow own(a, row, threads);
    if (!own.counts || own.lacks(0))
    {
        return;
    }
    const long long count = a.width / 3;
    double log_x = log(own.target[0]), log_weights = log_sum_exp(own.output, count), density = 0;
    for (int pass = 0; pass < 2; pass++)
    {
        for (long long k = 0; k < count; k++)
        {
            double raw = own.output[2 * count + k], deviation = fmax(raw, 0.0) + log1p(exp(-fabs(raw)));
            double z = (log_x - own.output[count + k]) / deviation, weight = exp(own.output[k] - log_weights);
            double part = weight * exp(-z * z / 2) / (own.target[0] * deviation * sqrt(2 * 3.14159265358979323846));
            if (pass == 0)
            {
                density += part;
                continue;
            }
            double responsibility = part / density;
            leave_gradient(a, own, row, k, weight - responsibility);
            leave_gradient(a, own, row, count + k, -responsibility * z / deviation);
            leave_gradient(a, own, row, 2 * count + k, responsibility * (1 - z * z) / deviation / (1 + exp(-raw)));
        }
    }
    a.losses[row] += -log(density) * own.factor;
}
