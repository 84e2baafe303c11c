// Plain kernels that say what each operation computes: one thread an output or a row, loops in double, no fusion, no shared memory. Tests
// hold the fast kernels against them. Rows of values follow each other without padding; matrices of weights are stride apart.
//
// Every kernel has one structure of arguments, 8 bytes each, and the number of its threads.

typedef unsigned long long ulong64;

struct Batch
{
    long long rows, sequences;
    const int* ends;            // the row after the last of each sequence
    const double* statistics;   // of rows that were normalised: means, then deviations
    ulong64 dropoutSeed;
    long long precision;        // of matrix multiplications: 0 float32, 1 TF32, 2 bfloat16
    double roundoff;            // 2^-24: results are off as float32 might leave them; 0: results are exact
    ulong64 errorSeed;          // decides how far
};

// The number of the thread.
__device__ long long thread_number()
{
    return blockIdx.x * 256ll + threadIdx.x;
}

__device__ long long first_row(const Batch& batch, long long sequence)
{
    return sequence == 0 ? 0 : batch.ends[sequence - 1];
}

__device__ long long sequence_of(const Batch& batch, long long row)
{
    long long sequence = 0;
    while (batch.ends[sequence] <= row)
    {
        sequence++;
    }
    return sequence;
}

// SplitMix64's mixing of two numbers.
__device__ ulong64 mix(ulong64 z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

__device__ ulong64 hash(ulong64 a, ulong64 b)
{
    return mix(mix(a + 0x9E3779B97F4A7C15ull) + b * 0xD1B54A32D192ED03ull);
}

// The roundings of a sum of n terms count as the root of n: each is as likely up as down. The bound of a sum's error, in roundoffs, is this
// times the sum of its terms' magnitudes.
__device__ double roundings(long long n)
{
    return sqrt(static_cast<double>(n));
}

// How far float32 may leave a result: between -1 and 1 times bound roundoffs, and a rounding more where it is stored.
__device__ double error(const Batch& batch, long long at, double value, double bound)
{
    return batch.roundoff == 0 ? 0
        : ((hash(batch.errorSeed, at) >> 11) * (2.0 / (1ull << 53)) - 1) * batch.roundoff * (bound + fabs(value));
}

// Writes a result. Bound: of its error before it is stored, in roundoffs.
__device__ void write(const Batch& batch, double* to, long long at, double value, double bound)
{
    to[at] = value + error(batch, at, value, bound);
}

// Adds a result to what is there.
__device__ void add(const Batch& batch, double* to, long long at, double value, double bound)
{
    double sum = to[at] + value;
    to[at] = sum + error(batch, at, sum, bound);
}
