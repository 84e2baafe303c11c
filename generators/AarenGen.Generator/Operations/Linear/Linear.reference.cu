// y = x W^T + bias. In the precision of tensor cores both operands of every product are rounded; sums are not.

// An operand as tensor cores read it: to 10 bits of fraction, ties away from zero, or to 7, ties to even.
__device__ double operand(const Batch& batch, long long is_rounded, double value)
{
    if (!is_rounded || batch.precision == 0)
    {
        return value;
    }
    unsigned bits = __float_as_uint(static_cast<float>(value));
    bits = batch.precision == 1 ? (bits + 0x1000u) & 0xffffe000u : (bits + 0x7fffu + ((bits >> 16) & 1)) & 0xffff0000u;
    return __uint_as_float(bits);
}

struct Linear
{
    Batch batch;
    const double* x;
    const double* weight;
    const double* bias;
    double* y;
    long long inputs, outputs, stride, is_rounded;
};

// A thread an output.
extern "C" __global__ void linear(const Linear a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.outputs, output = at % a.outputs;
    double sum = a.bias[output], magnitude = fabs(sum);
    for (long long i = 0; i < a.inputs; i++)
    {
        double product = operand(a.batch, a.is_rounded, a.x[row * a.inputs + i])
            * operand(a.batch, a.is_rounded, a.weight[output * a.stride + i]);
        sum += product;
        magnitude += fabs(product);
    }
    add(a.batch, a.y, at, sum, roundings(a.inputs + 1) * magnitude);
}

struct LinearInputGradient
{
    Batch batch;
    const double* dy;
    const double* weight;
    double* dx;
    long long inputs, outputs, stride, is_rounded;
};

// dx += dy W, a thread an input.
extern "C" __global__ void linear_input_gradient(const LinearInputGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.inputs, input = at % a.inputs;
    double sum = 0, magnitude = 0;
    for (long long o = 0; o < a.outputs; o++)
    {
        double product = operand(a.batch, a.is_rounded, a.dy[row * a.outputs + o])
            * operand(a.batch, a.is_rounded, a.weight[o * a.stride + input]);
        sum += product;
        magnitude += fabs(product);
    }
    add(a.batch, a.dx, at, sum, roundings(a.outputs) * magnitude);
}

struct LinearWeightGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    double* dweight;
    long long inputs, outputs, stride, is_rounded;
};

// dW += dy^T x, a thread a weight.
extern "C" __global__ void linear_weight_gradient(const LinearWeightGradient a, const int threads)
{
    const long long thread = thread_number();
    if (thread >= threads)
    {
        return;
    }
    const long long output = thread / a.inputs, input = thread % a.inputs;
    double sum = 0, magnitude = 0;
    for (long long row = 0; row < a.batch.rows; row++)
    {
        double product = operand(a.batch, a.is_rounded, a.dy[row * a.outputs + output])
            * operand(a.batch, a.is_rounded, a.x[row * a.inputs + input]);
        sum += product;
        magnitude += fabs(product);
    }
    add(a.batch, a.dweight, output * a.stride + input, sum, roundings(a.batch.rows) * magnitude);
}

struct LinearBiasGradient
{
    Batch batch;
    const double* dy;
    double* dbias;
    long long outputs, is_wide;
};

// dbias += the sum of dy over the rows, a thread an output. Gradients of wide rows are kept in bfloat16 where that is what is multiplied,
// so the sum is of rounded ones, too.
extern "C" __global__ void linear_bias_gradient(const LinearBiasGradient a, const int threads)
{
    const long long output = thread_number();
    if (output >= threads)
    {
        return;
    }
    double sum = 0, magnitude = 0;
    for (long long row = 0; row < a.batch.rows; row++)
    {
        double value = operand(a.batch, a.is_wide && a.batch.precision == 2, a.dy[row * a.outputs + output]);
        sum += value;
        magnitude += fabs(value);
    }
    add(a.batch, a.dbias, output, sum, roundings(a.batch.rows) * magnitude);
}
