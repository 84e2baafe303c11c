// y = f(x), element by element. The functions of float32 that it is made of are right to 8 roundoffs; where the exponent is a square, its
// rounding counts that many times more.

struct Activation
{
    Batch batch;
    const double* x;
    double* y;
};

struct ActivationGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    double* dx;
};

extern "C" __global__ void relu(const Activation a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    write(a.batch, a.y, at, a.x[at] > 0 ? a.x[at] : 0, 0);
}

extern "C" __global__ void relu_gradient(const ActivationGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    add(a.batch, a.dx, at, a.x[at] > 0 ? a.dy[at] : 0, 0);
}

// x P(x), P the normal distribution.
extern "C" __global__ void gelu(const Activation a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double x = a.x[at], y = x * 0.5 * erfc(-x / sqrt(2.0));
    write(a.batch, a.y, at, y, (8 + x * x) * fabs(y));
}

// P(x) + x p(x), p the normal density.
extern "C" __global__ void gelu_gradient(const ActivationGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double x = a.x[at], distribution = 0.5 * erfc(-x / sqrt(2.0)), density = exp(-x * x / 2) / sqrt(2 * 3.14159265358979323846);
    double magnitude = fabs(a.dy[at]) * (distribution + fabs(x) * density);
    add(a.batch, a.dx, at, a.dy[at] * (distribution + x * density), (8 + x * x) * magnitude);
}

extern "C" __global__ void hyperbolic_tangent(const Activation a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double y = tanh(a.x[at]);
    write(a.batch, a.y, at, y, 8 * fabs(y));
}

extern "C" __global__ void hyperbolic_tangent_gradient(const ActivationGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    double inverse = 1 / cosh(a.x[at]), dx = a.dy[at] * inverse * inverse;
    add(a.batch, a.dx, at, dx, 8 * fabs(dx));
}
