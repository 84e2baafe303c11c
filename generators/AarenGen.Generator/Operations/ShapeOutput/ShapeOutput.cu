// needs: rows
// Stretches of the outputs made positive, and taken back to the scale of the input. Roles: 0 a location, 1 a scale, 2 degrees of freedom.

template <int stride, int first, int columns, int role, int features>
__device__ __forceinline__ void shape_columns(const Pass& pass, const float* x, float* y)
{
    const float* statistics = pass.statistics;
    each_column<columns>(pass, [=](long long row, int column)
    {
        float value = x[row * stride + first + column];
        if (role != 0)
        {
            value = (role == 1 ? 1e-4f : 2.0001f) + (value < 0 ? 0.0f : value) + log1pf(expf(-fabsf(value)));
        }
        if (features > 0 && role != 2)
        {
            const float* own = statistics + row * (2 * features) + column % max(features, 1);
            value = value * own[features] + (role == 0 ? own[0] : 0.0f);
        }
        y[row * stride + first + column] = value;
    });
}

template <int stride, int first, int columns, int role, int features>
__device__ __forceinline__ void shape_columns_backward(const Pass& pass, const float* dy, const float* x, float* dx)
{
    const float* statistics = pass.statistics;
    each_column<columns>(pass, [=](long long row, int column)
    {
        long long at = row * stride + first + column;
        float gradient = dy[at];
        if (features > 0 && role != 2)
        {
            gradient *= statistics[row * (2 * features) + features + column % max(features, 1)];
        }
        if (role != 0)
        {
            float e = expf(-fabsf(x[at]));
            gradient *= (x[at] < 0 ? e : 1.0f) / (1.0f + e);
        }
        dx[at] = gradient;
    });
}
