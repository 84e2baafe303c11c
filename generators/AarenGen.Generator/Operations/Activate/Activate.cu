// needs: rows
// Element-wise functions and their derivatives.

struct Gelu
{
    // x P(x), where P is the normal distribution; the derivative is P(x) + x p(x).
    static __device__ __forceinline__ float value(float x, float& derivative)
    {
        float distribution = 0.5f * erfcf(-0.70710678f * x);
        // Beyond 13 the density is 0 in float; the limit avoids infinity times 0.
        float limited = fminf(fmaxf(x, -13.0f), 13.0f);
        derivative = distribution + limited * 0.39894228f * expf(-0.5f * limited * limited);
        return x < -13.0f ? 0.0f * distribution : x * distribution;
    }
};

struct Relu
{
    static __device__ __forceinline__ float value(float x, float& derivative)
    {
        derivative = x > 0 ? 1.0f : 0.0f;
        return x < 0 ? 0.0f : x;
    }
};

struct Tanh
{
    static __device__ __forceinline__ float value(float x, float& derivative)
    {
        float e = expf(-2.0f * fabsf(x)), inverse = 1.0f / (1.0f + e);
        derivative = 4.0f * e * inverse * inverse;
        return tanhf(x);
    }
};

// y = f(x); x becomes the derivative.
template <class Function, class Rows>
__device__ __forceinline__ void activate(
    const Pass& pass,
    float* x, // [rows, stride]
    float* y) // [rows, stride]
{
    each_float4<Rows>(pass, [=](long long at)
    {
        float4 value = load4(x + at), derivative;
        value.x = Function::value(value.x, derivative.x);
        value.y = Function::value(value.y, derivative.y);
        value.z = Function::value(value.z, derivative.z);
        value.w = Function::value(value.w, derivative.w);
        store4(x + at, derivative);
        store4(y + at, value);
    });
}
