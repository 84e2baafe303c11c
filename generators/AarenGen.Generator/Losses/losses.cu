// Losses of rows and their gradients with respect to the outputs, in double, a warp a row. Each thread returns its part of the loss of the
// row and writes the gradient of its columns; a null gradient means that only the loss is wanted. A target that is NaN is missing: its
// value has neither loss nor gradient.

// Adds up weight times loss over the rows and writes weight times gradient. Rows without weight have none, whatever their targets, and
// neither do rows whose only target is missing: a loss of a single target never sees NaN. The partial sum of each block is added up later.
template <class Loss, class Rows>
__device__ __forceinline__ void row_losses(
    const Pass& pass,
    const float* outputs, // [rows, stride]
    const float* targets, // [rows, target_stride]
    const float* weights, // [rows]
    float scale,
    float* gradient,      // [rows, stride]
    int head)
{
    constexpr int width = Rows::width, stride = Rows::stride, target_width = Rows::target_width, target_stride = Rows::target_stride;
    __shared__ double shared[8];
    __shared__ int rows;
    __shared__ bool isTraining;
    // One thread reads it for all.
    if (threadIdx.x == 0)
    {
        rows = pass.settings->rows;
        isTraining = pass.settings->training;
    }
    __syncthreads();
    int lane = threadIdx.x % 32, row = static_cast<int>(blockIdx.x) * 8 + threadIdx.x / 32;
    double sum = 0;
    if (row < rows)
    {
        const float* rowTarget = targets + static_cast<long long>(row) * target_stride;
        bool reads = lane == 0 && (target_width > 1 || rowTarget[0] == rowTarget[0]);
        float weight = __shfl_sync(0xffffffffu, reads ? weights[row] : 0.0f, 0);
        float* rowGradient = gradient + static_cast<long long>(row) * stride;
        if (isTraining)
        {
            for (int column = (weight == 0 ? 0 : width) + lane; column < pad4(width); column += 32)
            {
                rowGradient[column] = 0;
            }
        }
        if (weight != 0)
        {
            sum = weight * Loss::template row<width, target_width>(
                outputs + static_cast<long long>(row) * stride, rowTarget, static_cast<double>(weight) * scale,
                isTraining ? rowGradient : nullptr, lane);
        }
    }
    sum = block_sum<256>(sum, shared);
    if (threadIdx.x == 0)
    {
        pass.losses[static_cast<long long>(head) * gridDim.x + blockIdx.x] = sum * scale;
    }
}

__device__ __forceinline__ double softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

// ln of the sum of e^x over a row, by a warp.
template <int width>
__device__ __forceinline__ double log_sum_exp(
    const float* x, // [width]
    int lane)
{
    float largest = -infinity();
    bool has_nan = false;
    for (int i = lane; i < width; i += 32)
    {
        largest = fmaxf(largest, x[i]);
        has_nan = has_nan || x[i] != x[i];
    }
    for (int distance = 16; distance > 0; distance /= 2)
    {
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, distance));
    }
    double sum = 0;
    for (int i = lane; i < width; i += 32)
    {
        sum += has_nan ? static_cast<double>(not_a_number()) : exp(static_cast<double>(x[i]) - largest);
    }
    return largest + log(warp_sum(sum));
}

// A value and a derivative for each difference between output and target.
template <class Value>
struct EachValue
{
    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        double sum = 0;
        for (int column = lane; column < width; column += 32)
        {
            // A difference of 0 has neither loss nor gradient.
            float wanted = target[column];
            double difference = wanted == wanted ? static_cast<double>(output[column]) - wanted : 0.0, derivative;
            sum += Value::of(difference, derivative);
            if (gradient != nullptr)
            {
                gradient[column] = static_cast<float>(derivative * factor);
            }
        }
        return sum;
    }
};

struct Squared
{
    static __device__ __forceinline__ double of(double difference, double& derivative)
    {
        derivative = 2 * difference;
        return difference * difference;
    }
};

struct Absolute
{
    static __device__ __forceinline__ double of(double difference, double& derivative)
    {
        derivative = difference > 0 ? 1 : difference < 0 ? -1 : difference;
        return fabs(difference);
    }
};

// Delta::value() is where the parabola becomes a line.
template <class Delta>
struct HuberValue
{
    static __device__ __forceinline__ double of(double difference, double& derivative)
    {
        double delta = Delta::value();
        derivative = difference > delta ? delta : difference < -delta ? -delta : difference;
        return fabs(difference) <= delta ? difference * difference / 2 : delta * (fabs(difference) - delta / 2);
    }
};

// Levels::at(i) is the i-th of count levels; the outputs of a level are contiguous.
template <class Levels, int count>
struct Pinball
{
    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        double sum = 0;
        for (int column = lane; column < width; column += 32)
        {
            float wanted = target[column % targets];
            bool isThere = wanted == wanted;
            double level = Levels::at(column / targets), difference = isThere ? static_cast<double>(wanted) - output[column] : 0.0;
            double derivative = !isThere ? 0.0 : difference >= 0 ? level : level - 1;
            sum += derivative * difference;
            if (gradient != nullptr)
            {
                gradient[column] = static_cast<float>(-(difference != difference ? difference : derivative) / count * factor);
            }
        }
        return sum / count;
    }
};

constexpr double half_log_tau = 0.918938533204672741780;

// The gradient of all parameters of a value that is missing.
template <int parameters, int targets>
__device__ __forceinline__ void leave_out(float* gradient, int value)
{
    for (int i = 0; i < parameters && gradient != nullptr; i++)
    {
        gradient[i * targets + value] = 0;
    }
}

struct GaussianLikelihood
{
    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        double sum = 0;
        for (int j = lane; j < targets; j += 32)
        {
            if (target[j] != target[j])
            {
                leave_out<2, targets>(gradient, j);
                continue;
            }
            double deviation = output[targets + j], z = (target[j] - static_cast<double>(output[j])) / deviation;
            sum += 0.5 * z * z + log(deviation) + half_log_tau;
            if (gradient != nullptr)
            {
                gradient[j] = static_cast<float>(-z / deviation * factor);
                gradient[targets + j] = static_cast<float>((1 - z * z) / deviation * factor);
            }
        }
        return sum;
    }
};

// ln Gamma(x + 1/2) - ln Gamma(x) - ln(x)/2, x > 0, and its derivative; both go to 0 as x grows. From 10 on by the asymptotic series, whose
// first term left out is below 6e-17 there; by recurrence before. The difference of two log-gammas loses all digits for large x.
__device__ __forceinline__ double log_gamma_half_step(double x, double& derivative)
{
    double value = 0;
    derivative = 0;
    for (; x < 10; x++)
    {
        value -= 0.5 * log1p(0.25 / (x * (x + 1)));
        derivative += 0.25 / (x * (x + 0.5) * (x + 1));
    }
    double r = 1 / x, s = r * r;
    value -= r * (1.0 / 8 - s * (1.0 / 192 - s * (1.0 / 640
        - s * (17.0 / 14336 - s * (31.0 / 18432 - s * (691.0 / 180224 - s * (5461.0 / 425984)))))));
    derivative += s * (1.0 / 8 - s * (1.0 / 64 - s * (1.0 / 128
        - s * (17.0 / 2048 - s * (31.0 / 2048 - s * (7601.0 / 180224 - s * (70993.0 / 425984)))))));
    return value;
}

// ln(1 + ratio) - fraction, fraction = ratio / (1 + ratio): below 0.01 by the series of -ln(1 - fraction) - fraction, where the difference
// cancels.
__device__ __forceinline__ double log_excess(double ratio, double fraction)
{
    if (!(fraction < 0.01))
    {
        return log1p(ratio) - fraction;
    }
    double sum = 0;
    for (int k = 9; k >= 2; k--)
    {
        sum = (sum + 1.0 / k) * fraction;
    }
    return sum * fraction;
}

// The normal distribution for infinite degrees of freedom.
struct StudentLikelihood
{
    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        double sum = 0;
        for (int j = lane; j < targets; j += 32)
        {
            if (target[j] != target[j])
            {
                leave_out<3, targets>(gradient, j);
                continue;
            }
            double s = output[targets + j], nu = output[2 * targets + j], z = (target[j] - static_cast<double>(output[j])) / s,
                ratio = z * z / nu, step;
            double power = isinf(nu) ? 0.5 * z * z : (nu + 1) / 2 * log1p(ratio);
            sum += half_log_tau + log(s) + power - log_gamma_half_step(nu / 2, step);
            if (gradient != nullptr)
            {
                double pull = (1 + 1 / nu) / (1 + ratio), fraction = ratio / (1 + ratio);
                gradient[j] = static_cast<float>(-pull * z / s * factor);
                gradient[targets + j] = static_cast<float>((1 - pull * z * z) / s * factor);
                gradient[2 * targets + j] = static_cast<float>(-0.5 * (step - log_excess(ratio, fraction) + fraction / nu) * factor);
            }
        }
        return sum;
    }
};

// Smoothing::value() is the fraction of a target that all classes share, Weights::at(k) the weight of a class.
template <class Smoothing, class Weights>
struct CrossEntropyLoss
{
    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        int label = static_cast<int>(target[0]);
        double log_sum = log_sum_exp<width>(output, lane), smoothing = Smoothing::value(), all = 0, sum = 0;
        double own = (1 - smoothing) * Weights::at(label);
        for (int k = lane; k < width && smoothing > 0; k += 32)
        {
            double fraction = smoothing / width * Weights::at(k);
            all += fraction;
            sum += fraction * (log_sum - output[k]);
        }
        all = warp_sum(all);
        if (lane == 0)
        {
            sum += own * (log_sum - output[label]);
        }
        for (int k = lane; k < width && gradient != nullptr; k += 32)
        {
            double fraction = smoothing / width * Weights::at(k);
            gradient[k] = static_cast<float>(((own + all) * exp(output[k] - log_sum) - fraction - (k == label ? own : 0)) * factor);
        }
        return sum;
    }
};

// Outputs are the logarithms of the weights, the means and the raw deviations of the components.
struct LogNormalMixtureLikelihood
{
    static __device__ __forceinline__ double log_part(
        const float* output, // [3 count]
        int count, int k, double log_x, double log_weights, double& z, double& deviation)
    {
        deviation = softplus(fmax(static_cast<double>(output[2 * count + k]), -300.0));
        z = (log_x - output[count + k]) / deviation;
        return output[k] - log_weights - 0.5 * z * z - log(deviation) - half_log_tau;
    }

    template <int width, int targets>
    static __device__ __forceinline__ double row(
        const float* output, // [width]
        const float* target, // [targets]
        double factor,
        float* gradient,     // [width], or null
        int lane)
    {
        constexpr int count = width / 3;
        double log_x = log(static_cast<double>(target[0])), log_weights = log_sum_exp<count>(output, lane), z, deviation;
        double largest = -static_cast<double>(infinity());
        for (int k = lane; k < count; k += 32)
        {
            largest = fmax(largest, log_part(output, count, k, log_x, log_weights, z, deviation));
        }
        for (int distance = 16; distance > 0; distance /= 2)
        {
            largest = fmax(largest, __shfl_xor_sync(0xffffffffu, largest, distance));
        }
        double sum = 0;
        for (int k = lane; k < count; k += 32)
        {
            sum += exp(log_part(output, count, k, log_x, log_weights, z, deviation) - largest);
        }
        double log_density = largest + log(warp_sum(sum));
        for (int k = lane; k < count && gradient != nullptr; k += 32)
        {
            double responsibility = exp(log_part(output, count, k, log_x, log_weights, z, deviation) - log_density);
            gradient[k] = static_cast<float>((exp(output[k] - log_weights) - responsibility) * factor);
            // A component without responsibility has no gradient, however far away it is.
            double pull = responsibility == 0 ? 0 : responsibility * z / deviation;
            double by_deviation = responsibility == 0 ? 0 : responsibility * (1 - z * z) / deviation;
            gradient[count + k] = static_cast<float>(-pull * factor);
            gradient[2 * count + k] = static_cast<float>(by_deviation * factor / (1 + exp(-static_cast<double>(output[2 * count + k]))));
        }
        return lane == 0 ? log_x - log_density : 0;
    }
};
