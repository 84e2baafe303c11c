// How many checked accesses a second, for the README's figures. Not a test of speed: it only has to be right.
#include "gpu.h"

#include <chrono>
#include <cmath>

namespace
{
// A tiled product with float4 loads, the shape of most time in a training step; and an element-wise pass.
const char* source = R"(
    extern "C" __global__ void __launch_bounds__(256) product(float* c, const float* a, const float* b, int n)
    {
        __shared__ float ta[16][64];
        __shared__ float tb[16][64];
        int t = threadIdx.x, tx = t % 16, ty = t / 16;
        int row = blockIdx.y * 64, column = blockIdx.x * 64;
        float acc[4][4] = {};
        for (int k0 = 0; k0 < n; k0 += 16)
        {
            float4 x = *(const float4*)(a + (row + t / 4) * n + k0 + t % 4 * 4);
            ta[t % 4 * 4][t / 4] = x.x, ta[t % 4 * 4 + 1][t / 4] = x.y, ta[t % 4 * 4 + 2][t / 4] = x.z, ta[t % 4 * 4 + 3][t / 4] = x.w;
            *(float4*)&tb[t / 16][t % 16 * 4] = *(const float4*)(b + (k0 + t / 16) * n + column + t % 16 * 4);
            __syncthreads();
            for (int k = 0; k < 16; k++)
            {
                float4 x = *(const float4*)&ta[k][ty * 4], y = *(const float4*)&tb[k][tx * 4];
                float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
                for (int i = 0; i < 4; i++)
                    for (int j = 0; j < 4; j++)
                        acc[i][j] += xs[i] * ys[j];
            }
            __syncthreads();
        }
        for (int i = 0; i < 4; i++)
            *(float4*)(c + (row + ty * 4 + i) * n + column + tx * 4) = make_float4(acc[i][0], acc[i][1], acc[i][2], acc[i][3]);
    }

    extern "C" __global__ void matrixUnits(float* c, const unsigned* a, const unsigned* b, int n)
    {
        int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4, warp = blockIdx.x * 4 + threadIdx.x / 32;
        float d[4] = {};
        int half = n / 2, row = warp % (n / 16) * 16, column = warp / (n / 16) * 8;
        for (int k = 0; k < half; k += 8)
        {
            unsigned fa[4] = {a[(row + g) * half + k + t], a[(row + g + 8) * half + k + t], a[(row + g) * half + k + t + 4],
                a[(row + g + 8) * half + k + t + 4]};
            unsigned fb[2] = {b[(column + g) * half + k + t], b[(column + g) * half + k + t + 4]};
            mma_bf16_16x8x16(d, fa, fb);
        }
        for (int i = 0; i < 4; i++)
            c[(row + g + (i >> 1) * 8) * n + column + t * 2 + (i & 1)] = d[i];
    }

    extern "C" __global__ void adam(float* p, float* m, float* v, const float* g, int n)
    {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= n)
            return;
        float x = g[i], a = 0.9f * m[i] + 0.1f * x, b = 0.999f * v[i] + 0.001f * x * x;
        m[i] = a, v[i] = b;
        p[i] -= 0.001f * a / (sqrtf(b) + 1e-8f);
    })";

double timed(const char* name, double accesses, const std::function<int()>& run)
{
    auto start = std::chrono::steady_clock::now();
    CHECK(run() == 0);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%-12s %.3f s, %.1f million requests, %.1f million requests a second\n", name, seconds, accesses / 1e6,
        accesses / seconds / 1e6);
    return seconds;
}
}

int main(int count, char** arguments)
{
    loadLibraries(count, arguments);
    startDevice();
    TestModule module(source);
    const int n = 512;
    Buffer<float> a(std::vector<float>(n * n, 0.5f)), b(std::vector<float>(n * n, 0.25f)), c((size_t)n * n);
    void* product = module.function("product");
    auto multiply = [&]
    {
        void* pointers[] = {&c.address, &a.address, &b.address, (void*)&n};
        return call("cuLaunchKernel", product, n / 64u, n / 64u, 1u, 256u, 1u, 1u, 0u, (void*)nullptr, (void**)pointers, (void**)nullptr);
    };
    double blocks = n / 64.0 * n / 64.0, rounds = n / 16.0;
    timed("product", blocks * 256 * (rounds * (2 + 5 + 32) + 4), multiply);
    for (float x : c.read())
        CHECK(x == 0.125f * n);

    Buffer<unsigned> ha(std::vector<unsigned>(n * n / 2, 0x3f003f00u)), hb(std::vector<unsigned>(n * n / 2, 0x3e803e80u));
    timed("matrixUnits", n / 16.0 * n / 8 * 32 * (n / 16.0 * 6 + 4),
        [&] { return launch(module.function("matrixUnits"), {n / 16u * n / 8u / 4u, 128}, c.address, ha.address, hb.address, n); });
    for (float x : c.read())
        CHECK(x == 0.125f * n);

    const int parameters = 2000000;
    std::vector<float> zeros((size_t)parameters, 0.0f);
    Buffer<float> p(zeros), m(zeros), v(zeros), g(std::vector<float>((size_t)parameters, 1.0f));
    for (int pass = 0; pass < 2; pass++)
        timed("adam", 7.0 * parameters,
            [&] { return launch(module.function("adam"), {parameters / 256u + 1, 256}, p.address, m.address, v.address, g.address,
                      parameters); });
    CHECK(std::abs(p.read()[7]) > 0);
    std::string json = emulatorText("aarengen_emulator_counters_json");
    std::printf("%s", json.c_str());
    return finish();
}
