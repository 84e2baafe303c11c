// needs: rows
// Element-wise functions with their slopes.

struct Gelu
{
    // x P(x), P the normal distribution; the slope P(x) + x p(x).
    static __device__ __forceinline__ float value(float x, float& slope)
    {
        float distribution = 0.5f * erfcf(-0.70710678f * x);
        // Beyond 13 the density is 0 in float; the limit keeps infinity times 0 away.
        float limited = fminf(fmaxf(x, -13.0f), 13.0f);
        slope = distribution + limited * 0.39894228f * expf(-0.5f * limited * limited);
        return x < -13.0f ? 0.0f * distribution : x * distribution;
    }
};

struct Relu
{
    static __device__ __forceinline__ float value(float x, float& slope)
    {
        slope = x > 0 ? 1.0f : 0.0f;
        return x < 0 ? 0.0f : x;
    }
};

struct Tanh
{
    static __device__ __forceinline__ float value(float x, float& slope)
    {
        float e = expf(-2.0f * fabsf(x)), inverse = 1.0f / (1.0f + e);
        slope = 4.0f * e * inverse * inverse;
        return tanhf(x);
    }
};

// y = f(x); x becomes the slope.
template <class Function, int stride, int width>
__device__ __forceinline__ void activate(const Pass& pass, float* x, float* y)
{
    each_four<stride, width>(pass, [=](long long at)
    {
        float4 value = load4(x + at), slope;
        value.x = Function::value(value.x, slope.x);
        value.y = Function::value(value.y, slope.y);
        value.z = Function::value(value.z, slope.z);
        value.w = Function::value(value.w, slope.w);
        store4(x + at, slope);
        store4(y + at, value);
    });
}
