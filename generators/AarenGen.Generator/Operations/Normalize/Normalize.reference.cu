// y = (x - mean) / sqrt(variance + 1e-5) * scale + shift, mean and variance over a row.

struct RowStatistics
{
    Batch batch;
    const double* x;
    double* statistics;     // [rows, 2]: mean, and sqrt(variance + 1e-5)
    long long width;
};

// A thread a row.
extern "C" __global__ void row_statistics(const RowStatistics a, const int threads)
{
    const long long row = thread_number();
    if (row >= threads)
    {
        return;
    }
    const double* x = a.x + row * a.width;
    double mean = 0, variance = 0;
    for (long long i = 0; i < a.width; i++)
    {
        mean += x[i] / a.width;
    }
    for (long long i = 0; i < a.width; i++)
    {
        variance += (x[i] - mean) * (x[i] - mean) / a.width;
    }
    a.statistics[2 * row] = mean;
    a.statistics[2 * row + 1] = sqrt(variance + 1e-5);
}

struct Normalization
{
    Batch batch;
    const double* x;
    const double* statistics;
    const double* scale;
    const double* shift;
    double* y;
    long long width;
};

// A thread an element.
extern "C" __global__ void normalize(const Normalization a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, column = at % a.width;
    double z = (a.x[at] - a.statistics[2 * row]) / a.statistics[2 * row + 1];
    write(
        a.batch, a.y, at, z * a.scale[column] + a.shift[column],
        roundings(a.width + 8) * (fabs(z * a.scale[column]) + fabs(a.shift[column])));
}

struct NormalizationGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    const double* statistics;
    const double* scale;
    double* dx;
    long long width;
};

// With z = (x - mean) / deviation and g = dy scale: dx = (g - mean of g - z times the mean of g z) / deviation. A thread an element.
extern "C" __global__ void normalize_gradient(const NormalizationGradient a, const int threads)
{
    const long long at = thread_number();
    if (at >= threads)
    {
        return;
    }
    const long long row = at / a.width, column = at % a.width;
    const double* x = a.x + row * a.width;
    const double* dy = a.dy + row * a.width;
    double mean = a.statistics[2 * row], deviation = a.statistics[2 * row + 1];
    double g_mean = 0, gz_mean = 0, g_magnitude = 0, gz_magnitude = 0;
    for (long long i = 0; i < a.width; i++)
    {
        double g = dy[i] * a.scale[i], gz = g * (x[i] - mean) / deviation;
        g_mean += g / a.width;
        gz_mean += gz / a.width;
        g_magnitude += fabs(g) / a.width;
        gz_magnitude += fabs(gz) / a.width;
    }
    double g = dy[column] * a.scale[column], z = (x[column] - mean) / deviation;
    add(
        a.batch, a.dx, at, (g - g_mean - z * gz_mean) / deviation,
        roundings(a.width + 8) * (fabs(g) + g_magnitude + fabs(z) * gz_magnitude) / deviation);
}

struct NormalizationWeightGradient
{
    Batch batch;
    const double* dy;
    const double* x;
    const double* statistics;
    double* dscale;
    double* dshift;
    long long width;
};

// dscale = the sum of dy z over the rows, dshift that of dy. A thread a column.
extern "C" __global__ void normalize_weight_gradient(const NormalizationWeightGradient a, const int threads)
{
    const long long column = thread_number();
    if (column >= threads)
    {
        return;
    }
    double scale = 0, shift = 0, scale_magnitude = 0, shift_magnitude = 0;
    for (long long row = 0; row < a.batch.rows; row++)
    {
        double g = a.dy[row * a.width + column];
        double z = (a.x[row * a.width + column] - a.statistics[2 * row]) / a.statistics[2 * row + 1];
        scale += g * z;
        shift += g;
        scale_magnitude += fabs(g * z);
        shift_magnitude += fabs(g);
    }
    add(a.batch, a.dscale, column, scale, roundings(a.batch.rows + a.width + 8) * scale_magnitude);
    add(a.batch, a.dshift, column, shift, roundings(a.batch.rows) * shift_magnitude);
}
