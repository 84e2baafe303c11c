// Outputs made positive and taken back to the scale of the input: a location (0) is x deviation + mean, a scale (1)
// (0.0001 + ln(1 + e^x)) deviation, degrees of freedom (2) 2.0001 + ln(1 + e^x). Rows that were not normalised have no mean and deviation.
struct ShapeOutput
{
    Batch batch;
    const double* x;
    double* y;
    const double* roles;        // of each segment of columns
    long long width, values, features;
};

// A thread an element.
extern "C" __global__ void shape_output(const ShapeOutput a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, column = at % a.width;
    const double role = a.roles[column / a.values];
    double y = a.x[at];
    if (role != 0)
    {
        y = (role == 1 ? 0.0001 : 2.0001) + fmax(y, 0.0) + log1p(exp(-fabs(y)));
    }
    double magnitude = fabs(y);
    if (a.features > 0 && role != 2)
    {
        const double* own = a.batch.statistics + row * 2 * a.features + column % a.features;
        y = y * own[a.features] + (role == 0 ? own[0] : 0);
        magnitude = magnitude * own[a.features] + fabs(own[0]);
    }
    write(a.batch, a.y, at, y, 8 * magnitude);
}

struct ShapeOutputGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    double* dx;
    const double* roles;
    long long width, values, features;
};

// A thread an element.
extern "C" __global__ void shape_output_gradient(const ShapeOutputGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, column = at % a.width;
    const double role = a.roles[column / a.values];
    double dx = a.dy[at];
    if (a.features > 0 && role != 2)
    {
        dx *= a.batch.statistics[row * 2 * a.features + a.features + column % a.features];
    }
    if (role != 0)
    {
        dx /= 1 + exp(-a.x[at]);
    }
    add(a.batch, a.dx, at, dx, 8 * fabs(dx));
}
