// What all kernels share. Sizes are template arguments: the code that calls these names every one of them as a literal.

typedef unsigned long long ulong64;

// How a step is taken: written by the host before each step.
struct Settings
{
    long long step;         // the step's number
    int rows;               // rows of the batch: tokens, channel by channel
    int sequences;          // sequences in the batch
    int training;           // 0: forward and loss only, no dropout
    int tokenGradients;     // 1: the gradient by the tokens is wanted
    float scale;            // 1 / the batch's weight
    float clip;             // longest gradient
    float learningRate, beta1, beta2, epsilon, weightDecay;
    float correction1, correction2;   // 1 - beta1^n, 1 - beta2^n
    ulong64 seed;           // decides the step's dropout
};

// What the host reads back now and then.
struct Results
{
    double lossSum;         // sum of the steps' mean losses
    double loss;            // that of the last step
    double evaluated;       // sum of the losses of evaluated batches
    double badLoss, badNorm;
    long long badStep;      // the first step whose loss or gradient is not finite; 0: none. From the step after it on
    long long badNow;       // the same, at once
};

// What kernels work on. A row of a value has as many floats as its stride says; a value's rows lie one after the other.
struct Pass
{
    float* weights;         // parameters, then what is derived from them
    float* gradients;       // like weights
    float* firstMoment;
    float* secondMoment;
    float* partials;        // gradients of parts of the batch
    float* memory;          // capacity x the model's floats a token
    ulong64* carries;       // what the tiles of a scan hand on; zero between launches
    unsigned* tickets;      // one: how many blocks of a launch have taken a tile; zero between launches
    double* losses;         // a number a block of each loss
    double* squares;        // a number a block: parts of the gradient's squared norm
    const float* tokens;
    const float* statistics;
    const float* targets;
    const float* tokenWeights;
    const float* sequenceWeights;
    const int* ends;        // the row after the last of each sequence
    const Settings* settings;
    Results* results;
    float* tokenGradients;  // [rows, a token's stride]
    long long capacity;     // rows for which there is memory
};

__device__ __forceinline__ float infinity()
{
    return __int_as_float(0x7f800000);
}

__device__ __forceinline__ float not_a_number()
{
    return __int_as_float(0x7fffffff);
}

// The thread's number, asked for anew: otherwise what follows from it, for each of the loops that a kernel has, is computed before the
// first and takes registers through all of them.
__device__ __forceinline__ int fresh_thread()
{
#ifdef AARENGEN_EMULATOR
    return threadIdx.x;
#else
    int thread;
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(thread));
    return thread;
#endif
}

__device__ __forceinline__ float4 load4(const float* at)
{
    return *reinterpret_cast<const float4*>(at);
}

// To global memory by an instruction of its own: left to itself, the compiler makes four stores of one wherever it has the parts in
// registers. Which memory it is, it knows where this is called.
__device__ __forceinline__ void store4(float* at, float4 value)
{
#ifndef AARENGEN_EMULATOR
    if (__isGlobal(at))
    {
        asm volatile(
            "st.global.v4.f32 [%0], {%1, %2, %3, %4};"
            :: "l"(__cvta_generic_to_global(at)), "f"(value.x), "f"(value.y), "f"(value.z), "f"(value.w) : "memory");
        return;
    }
#endif
    *reinterpret_cast<float4*>(at) = value;
}

__device__ __forceinline__ float4 zero4()
{
    return make_float4(0, 0, 0, 0);
}

__device__ __forceinline__ float4 add4(float4 a, float4 b)
{
    return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}

__device__ __forceinline__ float4 multiply4(float4 a, float4 b)
{
    return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}

// The number rounded up to a multiple of four: so many columns of a row are written, those beyond its width as zeros.
__device__ __forceinline__ constexpr int pad4(int n)
{
    return (n + 3) / 4 * 4;
}

// Where a part of something begins that is cut into so many, as equal as they can be.
__device__ __forceinline__ int share(int whole, int part, int parts)
{
    return static_cast<int>(static_cast<long long>(whole) * part / parts);
}

__device__ __forceinline__ int first_row(const Pass& pass, int sequence)
{
    return sequence == 0 ? 0 : pass.ends[sequence - 1];
}

// The sum over a warp, the same in all its threads.
template <class T>
__device__ __forceinline__ T warp_sum(T value)
{
    for (int distance = 16; distance > 0; distance /= 2)
    {
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    }
    return value;
}

// The sum over a block of so many threads, the same in all of them and always in the same order.
template <int threads, class T>
__device__ __forceinline__ T block_sum(T value, T* shared)
{
    value = warp_sum(value);
    __syncthreads();
    if (threadIdx.x % 32 == 0)
    {
        shared[threadIdx.x / 32] = value;
    }
    __syncthreads();
    T sum = 0;
    for (int warp = 0; warp < threads / 32; warp++)
    {
        sum += shared[warp];
    }
    return sum;
}

// SplitMix64's mixing of two numbers.
__device__ __forceinline__ ulong64 mix(ulong64 z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

__device__ __forceinline__ ulong64 hash(ulong64 a, ulong64 b)
{
    return mix(mix(a + 0x9E3779B97F4A7C15ull) + b * 0xD1B54A32D192ED03ull);
}
