// needs: rows
// Ranges of the outputs are made positive, and denormalised to the scale of the input. Roles: 0 a location, 1 a scale, 2 degrees of
// freedom.

template <class Columns>
__device__ __forceinline__ void shape_columns(
    const Pass& pass,
    const float* x, // [rows, stride]
    float* y)       // [rows, stride]
{
    constexpr int stride = Columns::stride, first = Columns::first, columns = Columns::columns;
    constexpr int role = Columns::role, features = Columns::features;
    const float* statistics = pass.statistics;   // [rows, 2 features]
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

template <class Columns>
__device__ __forceinline__ void shape_columns_backward(
    const Pass& pass,
    const float* dy, // [rows, stride]
    const float* x,  // [rows, stride]
    float* dx)       // [rows, stride]
{
    constexpr int stride = Columns::stride, first = Columns::first, columns = Columns::columns;
    constexpr int role = Columns::role, features = Columns::features;
    const float* statistics = pass.statistics;   // [rows, 2 features]
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
