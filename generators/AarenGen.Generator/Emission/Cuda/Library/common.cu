// Shared by all kernels. Sizes are template arguments.

typedef unsigned long long ulong64;

// The settings of an optimiser step, written by the host before each step.
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

// Results that the host reads back now and then.
struct Results
{
    double lossSum;         // sum of the steps' mean losses
    double loss;            // that of the last step
    double evaluated;       // sum of the losses of evaluated batches
    double badLoss, badNorm;
    long long badStep;      // the first step whose loss or gradient is not finite; 0: none. From the step after it on
    long long badNow;       // the same, at once
};

// The states of the layers around a chunk of the sequences, each as a stream has it: of a training that cuts its sequences.
struct ChunkSettings
{
    const double* before;   // [sequences, stateDoubles]: before the first row of each; nullptr where the sequences begin here
    double* after;          // [sequences, stateDoubles]: overwritten with those after the last row; nullptr where nobody needs them
    long long stateDoubles;
};

// The arguments of all kernels. The rows of a value lie one after the other, stride floats each.
struct Pass
{
    float* weights;         // [parameters, then the weights derived from them]
    float* operands;        // the parameters as matrix multiplications read them: the same memory, or rounded
    float* gradients;       // [as the weights]
    float* firstMoment;     // [parameters]
    float* secondMoment;    // [parameters]
    float* partials;        // [partial gradients, each over a part of the batch]
    float* memory;          // [floats a token, capacity]: training memory, value after value
    ulong64* carries;       // [tiles, words]: the carries that tiles of a scan publish; zero between launches
    unsigned* tileCounter;  // [1]: thread blocks of a launch that have taken a tile; zero between launches
    double* losses;         // [heads, thread blocks]
    double* gradientNormPartials;   // [thread blocks that leave one]: partials of the gradient's squared norm
    const float* tokens;    // [rows, a token's stride]
    const float* statistics;        // [rows, 2 features]: mean and deviation of each
    const float* targets;   // [rows, a target's stride]
    const float* tokenWeights;      // [rows]
    const float* sequenceWeights;   // [rows]
    const int* ends;        // [sequences]: the row after the last of each
    const Settings* settings;
    Results* results;
    float* tokenGradients;  // [rows, a token's stride]
    long long capacity;     // rows for which there is memory
#if CARRIES
    const ChunkSettings* chunk;
#endif
};

__device__ __forceinline__ float infinity()
{
    return __int_as_float(0x7f800000);
}

__device__ __forceinline__ float not_a_number()
{
    return __int_as_float(0x7fffffff);
}

// The index of the thread, read again: otherwise the compiler computes what depends on it for every loop of a kernel before the first loop,
// and holds it in registers through all of them.
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

__device__ __forceinline__ float4 load4(
    const float* at) // [4]
{
    return *reinterpret_cast<const float4*>(at);
}

// Stores 16 bytes to global memory by one instruction: the compiler by itself splits the store into four where it has the values in
// registers. Where this is called, the compiler knows which memory it is.
__device__ __forceinline__ void store4(
    float* at, // [4]
    float4 value)
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

// The number rounded up to a multiple of four: the columns of a row that are written, those beyond the width as zeros.
__device__ __forceinline__ constexpr int pad4(int n)
{
    return (n + 3) / 4 * 4;
}

// Where a part begins of a whole that is partitioned as evenly as possible.
__device__ __forceinline__ int partition_begin(int whole, int part, int parts)
{
    return static_cast<int>(static_cast<long long>(whole) * part / parts);
}

__device__ __forceinline__ int first_row(const Pass& pass, int sequence)
{
    return sequence == 0 ? 0 : pass.ends[sequence - 1];
}

// Whether sequences are cut into chunks that carry states. Where they are not, all that follows from the two functions behind this one
// vanishes from the kernels.
__device__ __forceinline__ constexpr bool carries_states()
{
#if CARRIES
    return true;
#else
    return false;
#endif
}

// The state before the first row of a sequence, from an offset on; nullptr where the sequence begins with that row.
__device__ __forceinline__ const double* state_before(
    [[maybe_unused]] const Pass& pass, [[maybe_unused]] int sequence, [[maybe_unused]] int offset)
{
#if CARRIES
    const ChunkSettings& chunk = *pass.chunk;
    return chunk.before == nullptr ? nullptr : chunk.before + (sequence * chunk.stateDoubles + offset);
#else
    return nullptr;
#endif
}

// Where the state after the last row of a sequence is left, from an offset on; nullptr where nobody needs it.
__device__ __forceinline__ double* state_after(
    [[maybe_unused]] const Pass& pass, [[maybe_unused]] int sequence, [[maybe_unused]] int offset)
{
#if CARRIES
    const ChunkSettings& chunk = *pass.chunk;
    return chunk.after == nullptr ? nullptr : chunk.after + (sequence * chunk.stateDoubles + offset);
#else
    return nullptr;
#endif
}

// The tokens of a sequence before its first row, with which the state begins at an offset.
__device__ __forceinline__ int tokens_before(const Pass& pass, int sequence, int offset)
{
    const double* before = state_before(pass, sequence, offset);
    return before == nullptr ? 0 : static_cast<int>(*before);
}

// Four floats of a state, which holds two a double. States are aligned to 8 bytes only.
__device__ __forceinline__ float4 load_state4(
    const double* state, // [2]
    int half)
{
    const float2* at = reinterpret_cast<const float2*>(state) + half;
    float2 low = at[0], high = at[1];
    return make_float4(low.x, low.y, high.x, high.y);
}

__device__ __forceinline__ void store_state4(
    double* state, // [2]
    int half, float4 value)
{
    float2* at = reinterpret_cast<float2*>(state) + half;
    at[0] = make_float2(value.x, value.y);
    at[1] = make_float2(value.z, value.w);
}

// The sum over a warp, returned to all its threads.
template <class T>
__device__ __forceinline__ T warp_sum(T value)
{
    for (int distance = 16; distance > 0; distance /= 2)
    {
        value += __shfl_xor_sync(0xffffffffu, value, distance);
    }
    return value;
}

// The sum over a thread block, returned to all its threads and always added in the same order.
template <int threads, class T>
__device__ __forceinline__ T block_sum(
    T value,
    T* shared) // [threads / 32], in shared memory
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
