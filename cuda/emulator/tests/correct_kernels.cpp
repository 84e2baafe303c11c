// Kernels that are right: right results, no report, under several orders of threads.
#include "gpu.h"

#include <cmath>
#include <cstdint>

namespace
{
float value(int i) { return (float)((i * 37 + 11) % 101) / 16.0f - 3.0f; }

std::vector<float> values(int count)
{
    std::vector<float> all;
    for (int i = 0; i < count; i++)
        all.push_back(value(i));
    return all;
}

void saxpy()
{
    TestModule module(R"(
        extern "C" __global__ void __launch_bounds__(128) saxpy(float* __restrict__ y, const float* __restrict__ x, float a, int n)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i >= n)
                return;
            y[i] = fmaf(a, __ldg(x + i), y[i]);
        })");
    Buffer<float> x(values(1000)), y(std::vector<float>(1000, 1.0f));
    CHECK(launch(module.function("saxpy"), {8, 128}, y.address, x.address, 2.0f, 1000) == 0);
    std::vector<float> result = y.read();
    for (int i = 0; i < 1000; i++)
        CHECK(result[(size_t)i] == 2.0f * value(i) + 1.0f);
}

void blockScan()
{
    TestModule module(R"(
        __device__ float warpScan(float x)
        {
            #pragma unroll
            for (int d = 1; d < 32; d *= 2)
            {
                float other = __shfl_up_sync(0xffffffffu, x, d);
                if ((threadIdx.x & 31) >= d)
                    x += other;
            }
            return x;
        }

        template <int warps> __device__ float blockScan(float x)
        {
            __shared__ float totals[warps];
            float scanned = warpScan(x);
            if (threadIdx.x % 32 == 31)
                totals[threadIdx.x / 32] = scanned;
            __syncthreads();
            for (int i = 0; i < threadIdx.x / 32; i++)
                scanned += totals[i];
            __syncthreads();
            return scanned;
        }

        extern "C" __global__ void scan(float* y, const float* x)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            y[i] = blockScan<8>(x[i]);
        })");
    Buffer<float> x(values(256 * 5)), y((size_t)256 * 5);
    CHECK(launch(module.function("scan"), {5, 256}, y.address, x.address) == 0);
    std::vector<float> result = y.read();
    for (int b = 0; b < 5; b++)
    {
        double sum = 0;
        for (int i = 0; i < 256; i++)
        {
            sum += value(b * 256 + i);
            CHECK(std::abs(result[(size_t)(b * 256 + i)] - sum) < 1e-3);
        }
    }
}

// Four matrices of 8 x 8 in shared memory, as PTX distributes them.
void matrixLoads()
{
    TestModule module(R"(
        extern "C" __global__ void loads(unsigned* d)
        {
            __shared__ __align__(16) unsigned short tiles[4][8][8];
            int lane = threadIdx.x;
            for (int column = 0; column < 8; column++)
                tiles[lane / 8][lane % 8][column] = (unsigned short)(lane * 8 + column);
            __syncthreads();
            unsigned plain[4], transposed[4];
            load_matrices(plain, tiles[lane / 8][lane % 8]);
            load_matrices_transposed(transposed, tiles[lane / 8][lane % 8]);
            for (int i = 0; i < 4; i++)
            {
                d[lane * 8 + i] = plain[i];
                d[lane * 8 + 4 + i] = transposed[i];
            }
        })");
    Buffer<unsigned> d((size_t)256);
    CHECK(launch(module.function("loads"), {1, 32}, d.address) == 0);
    std::vector<unsigned> result = d.read();
    for (unsigned lane = 0; lane < 32; lane++)
        for (unsigned matrix = 0; matrix < 4; matrix++)
        {
            unsigned first = matrix * 64 + lane / 4 * 8 + lane % 4 * 2, column = matrix * 64 + lane % 4 * 16 + lane / 4;
            CHECK(result[lane * 8 + matrix] == (first | (first + 1) << 16));
            CHECK(result[lane * 8 + 4 + matrix] == (column | (column + 8) << 16));
        }
}

// Matrices in float32 whose elements bf16 and tf32 hold exactly, so that only the order of sums differs from the plain product.
void matrixProducts()
{
    TestModule module(R"(
        extern "C" __global__ void bf16(float* d, const float* a, const float* b)
        {
            int lane = threadIdx.x, g = lane / 4, t = lane % 4;
            unsigned fa[4], fb[2];
            float fd[4] = {1.0f, 1.0f, 1.0f, 1.0f};
            for (int i = 0; i < 4; i++)
            {
                const float* row = a + (g + (i & 1) * 8) * 16 + t * 2 + (i >> 1) * 8;
                fa[i] = pack_bf16(row[0], row[1]);
            }
            for (int i = 0; i < 2; i++)
            {
                int k = t * 2 + i * 8;
                fb[i] = pack_bf16(b[k * 8 + g], b[(k + 1) * 8 + g]);
            }
            mma_bf16_16x8x16(fd, fa, fb);
            for (int i = 0; i < 4; i++)
                d[(g + (i >> 1) * 8) * 8 + t * 2 + (i & 1)] = fd[i];
        }

        extern "C" __global__ void tf32(float* d, const float* a, const float* b)
        {
            int lane = threadIdx.x, g = lane / 4, t = lane % 4;
            float fd[4] = {};
            for (int k0 = 0; k0 < 16; k0 += 8)
            {
                unsigned fa[4], fb[2];
                for (int i = 0; i < 4; i++)
                    fa[i] = round_tf32(a[(g + (i & 1) * 8) * 16 + k0 + t + (i >> 1) * 4]);
                for (int i = 0; i < 2; i++)
                    fb[i] = round_tf32(b[(k0 + t + i * 4) * 8 + g]);
                mma_tf32_16x8x8(fd, fa, fb);
            }
            for (int i = 0; i < 4; i++)
                d[(g + (i >> 1) * 8) * 8 + t * 2 + (i & 1)] = fd[i];
        })");
    Buffer<float> a(values(256)), b(values(128)), d((size_t)128);
    for (int kind = 0; kind < 2; kind++)
    {
        CHECK(launch(module.function(kind == 0 ? "bf16" : "tf32"), {1, 32}, d.address, a.address, b.address) == 0);
        std::vector<float> result = d.read();
        for (int row = 0; row < 16; row++)
            for (int column = 0; column < 8; column++)
            {
                double sum = kind == 0 ? 1 : 0;
                for (int k = 0; k < 16; k++)
                    sum += (double)value(row * 16 + k) * value(k * 8 + column);
                CHECK(std::abs(result[(size_t)(row * 8 + column)] - sum) < 1e-4);
            }
    }
}

void structuresAndDynamicShared()
{
    TestModule module(R"(
        struct Parameters { float* out; const float4* in; int count; unsigned char flag; };
        namespace { template <typename T, int n> struct Tile { T items[n]; }; }
        __constant__ float scale[2] = {2.0f, 3.0f};
        extern __shared__ float4 pool[];

        template <int n> __device__ float staged(float x)
        {
            extern __shared__ __align__(16) unsigned char bytes[];
            extern __shared__ float rows[][n];
            float* mine = reinterpret_cast<float*>(bytes) + n * threadIdx.x;
            __syncthreads();
            mine[0] = x;
            return rows[threadIdx.x][0];
        }

        extern "C" __global__ void reverse(const Parameters p, double factor)
        {
            __shared__ Tile<float, 4> sums;
            int i = threadIdx.x;
            pool[i] = p.in[i];
            if (i < 4)
                sums.items[i] = scale[i & 1];
            __syncthreads();
            float4 v = pool[p.count - 1 - i];
            float s = (v.x + v.y) * sums.items[0] + (v.z + v.w) * sums.items[1];
            p.out[i] = staged<4>(p.flag == 7 ? (float)(s * factor) : 0.0f);
        })");
    struct Parameters
    {
        Pointer out, in;
        int count;
        unsigned char flag;
    };
    Buffer<float> in(values(400)), out((size_t)100);
    CHECK(launch(module.function("reverse"), {1, 100, 1600}, Parameters{out.address, in.address, 100, 7}, 0.5) == 0);
    std::vector<float> result = out.read();
    for (int i = 0; i < 100; i++)
    {
        int j = (99 - i) * 4;
        CHECK(result[(size_t)i] == ((value(j) + value(j + 1)) * 2 + (value(j + 2) + value(j + 3)) * 3) * 0.5f);
    }
}

void votesAndAtomics()
{
    TestModule module(R"(
        extern "C" __global__ void count(unsigned* totals, int* all, const int* x)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            unsigned ballot = __ballot_sync(0xffffffffu, x[i] > 2);
            if (threadIdx.x % 32 == 0)
                atomicAdd(&totals[0], __popc(ballot));
            atomicMax(&all[0], x[i]);
            int n = __syncthreads_count(x[i] == 3);
            int any = __syncthreads_or(x[i] == 100), every = __syncthreads_and(x[i] >= 0);
            if (threadIdx.x == 0)
                atomicAdd(&totals[1], n), atomicAdd(&totals[2], any + 2 * every);
            int sum = x[i];
            for (int m = 16; m > 0; m /= 2)
                sum += __shfl_xor_sync(0xffffffffu, sum, m);
            double twice = __shfl_sync(0xffffffffu, sum * 2.0, 0);
            if (threadIdx.x % 32 == 0)
                atomicAdd(&totals[3], (unsigned)(twice / 2.0));
        })");
    std::vector<int> x;
    unsigned more = 0, three = 0, sum = 0;
    for (int i = 0; i < 256; i++)
    {
        x.push_back(i * 7 % 11);
        more += x.back() > 2, three += x.back() == 3, sum += (unsigned)x.back();
    }
    Buffer<int> in(x), all(std::vector<int>{-5});
    Buffer<unsigned> totals(std::vector<unsigned>(4, 0));
    CHECK(launch(module.function("count"), {2, 128}, totals.address, all.address, in.address) == 0);
    CHECK(totals.read() == (std::vector<unsigned>{more, three, 4, sum}));
    CHECK(all.read()[0] == 10);
}

// Halves of a word belong to different threads: no race. And an asynchronous copy, awaited.
void halvesAndAsynchronousCopies()
{
    TestModule module(R"(
        extern "C" __global__ void halves(unsigned short* out, const unsigned short* in)
        {
            __shared__ unsigned short tile[256];
            __shared__ __align__(16) float4 staged[2][32];
            int i = threadIdx.x;
            tile[i] = in[i];
            if (i < 32)
            {
                copy_async_16(&staged[0][i], (const float4*)in + i);
                copy_async_commit();
                copy_async_16(&staged[1][i], (const float4*)in + i);
                copy_async_commit();
                copy_async_wait<1>();
            }
            __syncthreads();
            unsigned short first = ((const unsigned short*)staged[0])[i];
            copy_async_wait<0>();
            __syncthreads();
            unsigned short second = ((const unsigned short*)staged[1])[i];
            out[i] = tile[255 - i] + (first == in[i] && second == in[i] ? 0 : 1000);
        })");
    std::vector<unsigned short> x;
    for (int i = 0; i < 256; i++)
        x.push_back((unsigned short)(i * 3));
    Buffer<unsigned short> in(x), out((size_t)256);
    CHECK(launch(module.function("halves"), {1, 256}, out.address, in.address) == 0);
    std::vector<unsigned short> result = out.read();
    for (int i = 0; i < 256; i++)
        CHECK(result[(size_t)i] == x[(size_t)(255 - i)]);
}

// Blocks that run at the same time write, and read, neighbouring halves of one word.
void halvesOfBlocks()
{
    TestModule module(R"(
        extern "C" __global__ void rows(unsigned short* out, const unsigned short* in, int width)
        {
            for (int i = threadIdx.x; i < width; i += blockDim.x)
                out[blockIdx.x * width + i] = in[blockIdx.x * width + i] + in[(blockIdx.x * width + i) ^ 1];
        }
        extern "C" __global__ void single(unsigned short* out, const unsigned* in)
        {
            unsigned both = in[blockIdx.x / 2];
            out[blockIdx.x] = ((const unsigned short*)in)[blockIdx.x] + (both & 1);
        })");
    const int width = 33, rows = 500;
    std::vector<unsigned short> x(width * rows, 3);
    Buffer<unsigned short> in(x), out((size_t)(width * rows)), last((size_t)(width * rows - 500));
    for (int pass = 0; pass < 20; pass++)
    {
        CHECK(launch(module.function("rows"), {rows, 32}, out.address, in.address, width) == 0);
        CHECK(launch(module.function("single"), {8000, 1}, last.address, in.address) == 0);
    }
    CHECK(out.read() == std::vector<unsigned short>(width * rows, 6));
    CHECK(last.read()[7999] == 4);
}

// One barrier a round suffices for two buffers in turn; and a part of the block may work alone between barriers.
void doubleBuffer()
{
    TestModule module(R"(
        extern "C" __global__ void pipeline(float* out, const float* in, int rounds)
        {
            extern __shared__ float4 raw[];
            float (*tile)[64] = (float (*)[64])raw;
            int t = threadIdx.x, warp = t / 32;
            tile[0][t] = in[t];
            __syncthreads();
            float sum = 0;
            for (int r = 0; r < rounds; r++)
            {
                if (r + 1 < rounds)
                    tile[(r + 1) & 1][t] = in[(r + 1) * 64 + t];
                sum += tile[r & 1][63 - t];
                __syncthreads();
            }
            if (warp == 0)
            {
                tile[0][t] = sum;
                __syncwarp();
                sum = tile[0][t ^ 5];
            }
            __syncthreads();
            if (warp == 1)
                tile[0][t - 32] = sum;
            __syncthreads();
            out[t] = warp == 0 ? sum : tile[0][t - 32];
        })");
    const int rounds = 300;
    Buffer<float> in(values(64 * rounds)), out((size_t)64);
    CHECK(launch(module.function("pipeline"), {1, 64, 512}, out.address, in.address, rounds) == 0);
    std::vector<float> result = out.read();
    for (int t = 0; t < 64; t++)
    {
        float sum = 0;
        for (int r = 0; r < rounds; r++)
            sum += value(r * 64 + 63 - (t < 32 ? t ^ 5 : t));
        CHECK(result[(size_t)t] == sum);
    }
}

// Lanes of a warp are ordered by __syncwarp, and by a shuffle, without a barrier of the block.
void warpOrder()
{
    TestModule module(R"(
        extern "C" __global__ void neighbours(float* out)
        {
            __shared__ float tile[128];
            int i = threadIdx.x;
            tile[i] = i;
            __syncwarp();
            float left = tile[i ^ 1];
            __shfl_sync(0xffffffffu, left, 0);
            tile[i] = left;
            __syncwarp();
            out[i] = tile[i ^ 3];
        })");
    Buffer<float> out((size_t)128);
    CHECK(launch(module.function("neighbours"), {1, 128}, out.address) == 0);
    std::vector<float> result = out.read();
    for (int i = 0; i < 128; i++)
        CHECK(result[(size_t)i] == (float)((i ^ 3) ^ 1));
}

// A thread may wait for another by an atomic or a volatile flag.
void flags()
{
    TestModule module(R"(
        extern "C" __global__ void handOver(volatile int* flag, int* out)
        {
            if (threadIdx.x == 0)
                while (flag[0] == 0)
                    ;
            if (threadIdx.x == 40)
                flag[0] = 5;
            __syncthreads();
            out[threadIdx.x] = flag[0];
        })");
    Buffer<int> flag(std::vector<int>{0}), out((size_t)64);
    CHECK(launch(module.function("handOver"), {1, 64}, flag.address, out.address) == 0);
    CHECK(out.read() == std::vector<int>(64, 5));
}

void arithmetic()
{
    TestModule module(R"(
        extern "C" __global__ void arithmetic(double* out)
        {
            int i = 0;
            out[i++] = __uint_as_float(__float_as_uint(1.5f));
            out[i++] = expf(1.0f) + __expf(0.0f) + logf(2.0f) + __logf(1.0f);
            out[i++] = erff(0.5f) + tanhf(0.5f) + sqrtf(2.0f) + rsqrtf(4.0f);
            out[i++] = fmaxf(1.0f, 2.0f) + fminf(1.0f, 2.0f) + max(3, 4) + min(3u, 4u);
            out[i++] = lgamma(4.5) + exp(1.0) + log1p(0.5) + erf(0.25);
            out[i++] = __popc(255u) + __clz(1) + __ffs(8);
            out[i++] = __uint_as_float(round_tf32(1.0f + 0.0004f)) + __uint_as_float(pack_bf16(0.0f, 1.003f));
            out[i++] = pack_bf16(1.0f, 2.0f);
            out[i++] = clock64() > 0 && isfinite(1.0f) && !isnan(2.0f);
            out[i++] = __CUDA_ARCH__;
        })");
    Buffer<double> out((size_t)10);
    CHECK(launch(module.function("arithmetic"), {1, 1}, out.address) == 0);
    std::vector<double> r = out.read();
    auto near = [](double a, double b) { return std::abs(a - b) < 1e-5; };
    CHECK(r[0] == 1.5);
    CHECK(near(r[1], std::exp(1.0) + 1 + std::log(2.0)));
    CHECK(near(r[2], std::erf(0.5) + std::tanh(0.5) + std::sqrt(2.0) + 0.5));
    CHECK(r[3] == 2 + 1 + 4 + 3);
    CHECK(near(r[4], std::lgamma(4.5) + std::exp(1.0) + std::log1p(0.5) + std::erf(0.25)));
    CHECK(r[5] == 8 + 31 + 4);
    CHECK(near(r[6], 1.0 + 0.0009765625 * 0 + 1.0));
    CHECK(r[7] == 0x40003f80);
    CHECK(r[8] == 1);
    CHECK(r[9] == 800);
}

// The same bits whatever the order of threads and blocks.
void seeds()
{
    TestModule module(R"(
        extern "C" __global__ void sums(float* out, const float* x)
        {
            __shared__ float parts[256];
            parts[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
            __syncthreads();
            for (int half = 128; half > 0; half /= 2)
            {
                if (threadIdx.x < half)
                    parts[threadIdx.x] += parts[threadIdx.x + half];
                __syncthreads();
            }
            if (threadIdx.x == 0)
                out[blockIdx.x] = parts[0];
        })");
    Buffer<float> x(values(256 * 40));
    std::vector<float> first;
    for (unsigned long long seed : {0ull, 1ull, 2ull, 12345ull})
    {
        Buffer<float> out((size_t)40);
        setSeed(seed);
        CHECK(launch(module.function("sums"), {40, 256}, out.address, x.address) == 0);
        std::vector<float> result = out.read();
        CHECK(first.empty() || std::memcmp(first.data(), result.data(), 160) == 0);
        first = result;
    }
    setSeed(1);
}

void counters()
{
    TestModule module(R"(
        extern "C" __global__ void copyTwice(float4* out, const float4* in)
        {
            float4 v = in[threadIdx.x];
            float4 again = in[threadIdx.x ^ 1];
            v.x += again.x;
            out[threadIdx.x] = v;
        })");
    ((void (*)())dlsym(cudaLibrary, "aarengen_emulator_reset_counters"))();
    Buffer<float> in(values(256)), out((size_t)256);
    CHECK(launch(module.function("copyTwice"), {1, 64}, out.address, in.address) == 0);
    std::string json = emulatorText("aarengen_emulator_counters_json");
    CHECK(json.find("\"name\": \"copyTwice\", \"launches\": 1, \"threads\": 64") != std::string::npos);
    CHECK(json.find("\"stores\": 64, \"storeBytes\": 1024, \"stores16\": 64, \"uniqueLoadBytes\": 1024, \"uniqueStoreBytes\": 1024") !=
        std::string::npos);
    if (failures > 0)
        std::printf("%s\n", json.c_str());
}
}

int main(int count, char** arguments)
{
    loadLibraries(count, arguments);
    startDevice();
    struct { const char* name; void (*run)(); } tests[] = {
        {"saxpy", saxpy}, {"blockScan", blockScan}, {"matrixLoads", matrixLoads}, {"matrixProducts", matrixProducts},
        {"structuresAndDynamicShared", structuresAndDynamicShared}, {"votesAndAtomics", votesAndAtomics}, {"doubleBuffer", doubleBuffer},
        {"halvesAndAsynchronousCopies", halvesAndAsynchronousCopies}, {"halvesOfBlocks", halvesOfBlocks}, {"warpOrder", warpOrder},
        {"flags", flags},
        {"arithmetic", arithmetic}, {"seeds", seeds}, {"counters", counters}};
    for (auto [name, run] : tests)
    {
        testName = name;
        run();
        CHECK(emulatorText("aarengen_emulator_report").empty());
        clearErrors();
    }
    return finish();
}
