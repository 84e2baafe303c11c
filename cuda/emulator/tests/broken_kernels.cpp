// One kernel for each kind of mistake: found, with kernel, block and thread named, and the context broken as on a device.
#include "gpu.h"

namespace
{
constexpr int illegalAddress = 700, outOfResources = 701, misalignedAddress = 716, launchFailed = 719, invalidValue = 1;

// Expects a failed launch whose report has every one of the texts.
void expect(int result, int wanted, std::vector<std::string> texts, int line)
{
    check(result == wanted, ("result " + std::to_string(result) + ", not " + std::to_string(wanted)).c_str(), line);
    std::string report = emulatorText("aarengen_emulator_report");
    for (const std::string& text : texts)
        check(report.find(text) != std::string::npos, ("the report lacks \"" + text + "\"").c_str(), line);
    if (wanted >= 700 && wanted != outOfResources)
        check(call("cuCtxSynchronize") == wanted, "the context is broken", line);
    clearErrors();
    check(call("cuCtxSynchronize") == 0, "the context is usable again", line);
}

#define EXPECT(result, wanted, ...) expect(result, wanted, {__VA_ARGS__}, __LINE__)

void bounds()
{
    TestModule module(R"(
        extern "C" __global__ void past(float* out, int n) { int i = blockIdx.x * 32 + threadIdx.x; if (i <= n) out[i] = i; }
        extern "C" __global__ void before(const float* in, float* out) { out[threadIdx.x] = in[(int)threadIdx.x - 1]; }
        extern "C" __global__ void null(float* out) { out[3] = 1; }
        extern "C" __global__ void wide(float4* out) { out[0] = make_float4(1, 2, 3, 4); }
        extern "C" __global__ void host(float* out, const float* in) { out[0] = in[0]; }
        extern "C" __global__ void shared(float* out)
        {
            __shared__ float first[32], second[32];
            first[threadIdx.x] = 0;
            second[threadIdx.x + 1] = 1;
            __syncthreads();
            out[threadIdx.x] = first[threadIdx.x ^ 1] + second[threadIdx.x ^ 1];
        }
        extern "C" __global__ void dynamic() { extern __shared__ float pool[]; pool[threadIdx.x] = 1; }
        extern "C" __global__ void atomics(int* out) { atomicAdd(out + threadIdx.x, 1); }
        extern "C" __global__ void stolen(float** where)
        {
            float mine = 1;
            if (threadIdx.x == 0)
                where[0] = &mine;
            __syncthreads();
            *where[0] = 2;
        }
        )");
    Buffer<float> out((size_t)63);
    EXPECT(launch(module.function("past"), {2, 32}, out.address, 63), illegalAddress, "out-of-bounds write", "kernel   past",
        "block (1, 0, 0), thread (31, 0, 0)", "write of 4 bytes at 0x", "0 bytes past the end of an allocation of 252 bytes",
        "kernel.cu:2 in past");
    Buffer<float> in(std::vector<float>(32, 1.0f));
    setSeed(0);
    EXPECT(launch(module.function("before"), {1, 32}, in.address, out.address), illegalAddress, "out-of-bounds read", "kernel   before",
        "thread (0, 0, 0)", "4 bytes before an allocation of 128 bytes");
    setSeed(1);
    EXPECT(launch(module.function("null"), {1, 1}, (Pointer)0), illegalAddress, "a null pointer", "block (0, 0, 0), thread (0, 0, 0)");
    Buffer<float> three((size_t)3);
    EXPECT(launch(module.function("wide"), {1, 1}, three.address), illegalAddress, "byte 12 of the access is 0 bytes past the end");
    float here = 1;
    EXPECT(launch(module.function("host"), {1, 1}, out.address, (Pointer)&here), illegalAddress, "host memory");
    EXPECT(launch(module.function("shared"), {1, 32}, out.address), illegalAddress,
        "0 bytes past the end of shared::second (128 bytes)", "thread (31, 0, 0)");
    EXPECT(launch(module.function("dynamic"), {1, 32, 124}), illegalAddress, "dynamic shared memory (124 bytes)", "thread (31, 0, 0)");
    Buffer<int> counters(std::vector<int>(8, 0));
    EXPECT(launch(module.function("atomics"), {1, 9}, counters.address), illegalAddress, "out-of-bounds atomic", "thread (8, 0, 0)",
        "past the end");
    Buffer<Pointer> where((size_t)1);
    EXPECT(launch(module.function("stolen"), {1, 2}, where.address), illegalAddress, "local memory of thread 0");
    Pointer freed;
    {
        Buffer<float> gone((size_t)16);
        freed = gone.address;
    }
    EXPECT(launch(module.function("null"), {1, 1}, freed), illegalAddress, "that has been freed");
}

void alignment()
{
    TestModule module(R"(
        extern "C" __global__ void shifted(float4* out, const float* in) { out[threadIdx.x] = *(const float4*)(in + threadIdx.x); }
        extern "C" __global__ void rows(unsigned* out, int shift)
        {
            __shared__ __align__(16) unsigned tile[33 * 4];
            for (int i = threadIdx.x; i < 33 * 4; i += 32)
                tile[i] = i;
            __syncthreads();
            unsigned row[4];
            load_matrices(row, shift < 0 ? out : tile + 4 * threadIdx.x + shift);
            out[threadIdx.x] = row[0] + row[1] + row[2] + row[3];
        })");
    Buffer<unsigned> words((size_t)32);
    CHECK(launch(module.function("rows"), {1, 32}, words.address, 0) == 0);
    EXPECT(launch(module.function("rows"), {1, 32}, words.address, 2), misalignedAddress, "misaligned read", "kernel   rows");
    EXPECT(launch(module.function("rows"), {1, 32}, words.address, -1), illegalAddress, "must be in shared memory", "kernel   rows");
    Buffer<float> in(std::vector<float>(64, 1.0f)), out((size_t)64);
    setSeed(0);
    EXPECT(launch(module.function("shifted"), {1, 2}, out.address, in.address), misalignedAddress, "misaligned read", "kernel   shifted",
        "thread (1, 0, 0)", "multiple of the access's size, 16");
    setSeed(1);
}

void uninitialised()
{
    TestModule module(R"(
        extern "C" __global__ void global(float* out, const float* in) { out[threadIdx.x] = in[threadIdx.x]; }
        extern "C" __global__ void shared(float* out)
        {
            __shared__ float tile[64];
            if (threadIdx.x < 63)
                tile[threadIdx.x] = 1;
            __syncthreads();
            out[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void nowait(float* out, const float* in)
        {
            __shared__ __align__(16) float tile[128];
            copy_async_16(tile + threadIdx.x * 4, in + threadIdx.x * 4);
            copy_async_commit();
            __syncthreads();
            out[threadIdx.x] = tile[threadIdx.x];
        })");
    Buffer<float> in((size_t)64), out((size_t)64);
    CHECK(call("cuMemsetD32Async", in.address, 0u, (size_t)40, (void*)nullptr) == 0);
    setSeed(0);
    EXPECT(launch(module.function("global"), {1, 64}, out.address, in.address), launchFailed, "never written", "kernel   global",
        "thread (40, 0, 0)", "byte 160 of an allocation of 256 bytes");
    setSeed(1);
    EXPECT(launch(module.function("shared"), {1, 64}, out.address), launchFailed, "never written", "byte 252 of shared::tile (256 bytes)",
        "thread (63, 0, 0)");
    Buffer<float> full(std::vector<float>(128, 1.0f));
    EXPECT(launch(module.function("nowait"), {1, 32}, out.address, full.address), launchFailed, "never written", "nowait::tile");
}

void races()
{
    TestModule module(R"(
        extern "C" __global__ void shared(float* out)
        {
            __shared__ float tile[64];
            tile[threadIdx.x] = threadIdx.x;
            out[threadIdx.x] = tile[63 - threadIdx.x];
        }
        extern "C" __global__ void reused(float* out)
        {
            __shared__ float tile[64];
            tile[threadIdx.x] = threadIdx.x;
            __syncthreads();
            float x = tile[63 - threadIdx.x];
            tile[threadIdx.x] = x;
            __syncthreads();
            out[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void lanes(float* out)
        {
            __shared__ float tile[32];
            tile[threadIdx.x] = 1;
            tile[threadIdx.x ^ 1] = 2;
            out[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void halves(unsigned short* out)
        {
            __shared__ unsigned short tile[64];
            tile[threadIdx.x] = 1;
            if (threadIdx.x == 40)
                tile[3] = 2;
            __syncthreads();
            out[threadIdx.x] = tile[threadIdx.x];
        }
        extern "C" __global__ void blocks(float* out) { if (threadIdx.x == 0) out[0] = blockIdx.x; }
        extern "C" __global__ void readers(float* out, float* in) { float x = in[0]; if (blockIdx.x == 3) in[0] = 1; out[blockIdx.x] = x; }
        extern "C" __global__ void within(float* x) { if (threadIdx.x > 0) x[threadIdx.x] = x[threadIdx.x - 1]; }
        )");
    Buffer<float> out(std::vector<float>(64, 0.0f)), in(std::vector<float>(64, 0.0f));
    for (unsigned long long seed : {0ull, 1ull, 2ull, 3ull})
    {
        setSeed(seed);
        EXPECT(launch(module.function("shared"), {1, 64}, out.address), launchFailed, "kernel   shared", "block (0, 0, 0)");
        EXPECT(launch(module.function("reused"), {1, 64}, out.address), launchFailed, "race in shared memory", "kernel   reused",
            "reused::tile", "__syncthreads()");
        EXPECT(launch(module.function("lanes"), {1, 32}, out.address), launchFailed, "race in shared memory", "kernel   lanes");
        EXPECT(launch(module.function("halves"), {1, 64}, out.address), launchFailed, "race in shared memory", "byte 6 of halves::tile",
            "of 2 bytes");
        EXPECT(launch(module.function("blocks"), {4, 32}, out.address), launchFailed, "race in global memory", "other    write by block (",
            "thread (0, 0, 0)", "let blocks touch different words");
        EXPECT(launch(module.function("readers"), {8, 1}, out.address, in.address), launchFailed, "race in global memory",
            "block (3, 0, 0)");
        EXPECT(launch(module.function("within"), {1, 64}, in.address), launchFailed, "race in global memory", "kernel   within");
    }
    setSeed(1);
}

void divergence()
{
    TestModule module(R"(
        extern "C" __global__ void returned(float* out, int n)
        {
            if (threadIdx.x >= n)
                return;
            __syncthreads();
            out[threadIdx.x] = 1;
        }
        extern "C" __global__ void conditional(float* out)
        {
            if (threadIdx.x < 32)
                __syncthreads();
            else
                __syncthreads_or(1);
        }
        extern "C" __global__ void shuffled(float* out)
        {
            float x = threadIdx.x;
            if (threadIdx.x != 7)
                x = __shfl_xor_sync(0xffffffffu, x, 1);
            __syncthreads();
            out[threadIdx.x] = x;
        }
        extern "C" __global__ void outside(float* out)
        {
            float x = 0;
            if (threadIdx.x < 16)
                x = __shfl_sync(0xffffu, x, 20);
            out[threadIdx.x] = x;
        }
        extern "C" __global__ void gone(float* out)
        {
            if (threadIdx.x == 31)
                return;
            out[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1.0f, 1);
        }
        extern "C" __global__ void unnamed(float* out) { __syncwarp(0xfffffffeu); out[threadIdx.x] = 1; }
        extern "C" __global__ void product(float* out)
        {
            float d[4] = {};
            unsigned a[4] = {}, b[2] = {};
            if (threadIdx.x < 31)
                mma_bf16_16x8x16(d, a, b);
            out[threadIdx.x] = d[0];
        }
        extern "C" __global__ void trapped() { if (threadIdx.x == 5) __trap(); }
        )");
    Buffer<float> out((size_t)64);
    EXPECT(launch(module.function("returned"), {3, 64}, out.address, 60), launchFailed, "divergent barrier", "kernel   returned",
        "4 threads (60, 61, 62, 63) returned from the kernel", "60 threads (0, 1, 2, 3, ...) at __syncthreads in line 6");
    EXPECT(launch(module.function("conditional"), {1, 64}, out.address), launchFailed, "divergent barrier", "at __syncthreads in line 12",
        "at __syncthreads_or in line 14");
    EXPECT(launch(module.function("shuffled"), {1, 64}, out.address), launchFailed, "divergent barrier", "at __shfl_xor_sync in line 20",
        "(7, 32, 33, 34, ...) at __syncthreads in line 21");
    EXPECT(launch(module.function("outside"), {1, 32}, out.address), launchFailed, "shuffle from a lane that takes no part",
        "reads lane 20", "which the mask does not name");
    EXPECT(launch(module.function("gone"), {1, 32}, out.address), launchFailed, "shuffle from a lane that takes no part",
        "lane 30 reads lane 31", "thread (30, 0, 0)", "has returned");
    EXPECT(launch(module.function("unnamed"), {1, 32}, out.address), launchFailed, "without its caller in the mask", "thread (0, 0, 0)");
    EXPECT(launch(module.function("product"), {1, 32}, out.address), launchFailed, "divergent warp collective", "at mma_bf16_16x8x16",
        "thread 31 returned");
    EXPECT(launch(module.function("trapped"), {1, 32}), launchFailed, "kernel called __trap()", "thread (5, 0, 0)");
}

void limits()
{
    TestModule module(R"(
        extern "C" __global__ void plain() {}
        extern "C" __global__ void __launch_bounds__(2 * 64, 1) bounded() {}
        extern "C" __global__ void dynamic() { extern __shared__ char pool[]; pool[threadIdx.x] = 0; }
        extern "C" __global__ void greedy() {}
        )");
    auto sized = [&](void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz)
    {
        void* none = nullptr;
        return call("cuLaunchKernel", f, gx, gy, gz, bx, by, bz, 0u, (void*)nullptr, &none, (void**)nullptr);
    };
    void* plain = module.function("plain");
    CHECK(sized(plain, 1, 1, 1, 1024, 1, 1) == 0);
    EXPECT(sized(plain, 1, 1, 1, 1025, 1, 1), invalidValue, "a launch that the device refuses", "kernel   plain");
    EXPECT(sized(plain, 1, 1, 1, 32, 33, 1), invalidValue, "1024 threads in all");
    EXPECT(sized(plain, 1, 1, 1, 1, 1, 65), invalidValue, "1024 x 1024 x 64");
    EXPECT(sized(plain, 1, 65536, 1, 1, 1, 1), invalidValue, "the grid is larger");
    EXPECT(sized(plain, 1, 1, 65536, 1, 1, 1), invalidValue, "the grid is larger");
    EXPECT(sized(plain, 0, 1, 1, 1, 1, 1), invalidValue, "is zero");
    EXPECT(sized(module.function("bounded"), 1, 1, 1, 129, 1, 1), invalidValue, "__launch_bounds__");
    EXPECT(sized(module.function("greedy"), 1, 1, 1, 1024, 1, 1), outOfResources, "96 registers a thread");
    CHECK(sized(module.function("greedy"), 1, 1, 1, 512, 1, 1) == 0);

    void* dynamic = module.function("dynamic");
    EXPECT(launch(dynamic, {1, 32, 49153}), invalidValue, "49153 bytes of dynamic shared memory");
    CHECK(call("cuFuncSetAttribute", dynamic, 8, 163 * 1024 + 1) == invalidValue);
    CHECK(call("cuFuncSetAttribute", dynamic, 8, 163 * 1024) == 0);
    CHECK(launch(dynamic, {1, 32, 163 * 1024}) == 0);

    Compiled tooMuch = compileSource(
        "extern \"C\" __global__ void k(float* out) { __shared__ float tile[12289]; tile[threadIdx.x] = 0; out[0] = tile[1]; }");
    CHECK(tooMuch.status == 6 && tooMuch.log.find("uses too much shared data") != std::string::npos);

    // The static bytes count as well.
    TestModule both("extern \"C\" __global__ void k(float* y) { extern __shared__ char pool[]; __shared__ float tile[1024];"
        " tile[threadIdx.x] = 1; pool[threadIdx.x] = 0; __syncthreads(); y[threadIdx.x] = tile[threadIdx.x ^ 1]; }");
    Buffer<float> y((size_t)32);
    void* k = both.function("k");
    CHECK(launch(k, {1, 32, 44 * 1024}, y.address) == 0);
    EXPECT(launch(k, {1, 32, 44 * 1024 + 1}, y.address), invalidValue, "beside 4096 static ones");
    CHECK(call("cuFuncSetAttribute", k, 8, 159 * 1024 + 1) == invalidValue && call("cuFuncSetAttribute", k, 8, 159 * 1024) == 0);
    CHECK(launch(k, {1, 32, 159 * 1024}, y.address) == 0);
    EXPECT(launch(k, {1, 32, 159 * 1024 + 1}, y.address), invalidValue, "beside 4096 static ones");

    // 64 KB of constants, of which a declaration may have several and a const one its own.
    const char* constants = "__constant__ float a[8192], b[4096]; __constant__ const float c[EXTRA] = {1};"
        "extern \"C\" __global__ void k(float* y) { y[0] = a[threadIdx.x] + b[threadIdx.x] + c[threadIdx.x]; }";
    CHECK(compileSource(constants, {"--gpu-architecture=sm_80", "-DEXTRA=4096"}).status == 0);
    Compiled tooLarge = compileSource(constants, {"--gpu-architecture=sm_80", "-DEXTRA=4097"});
    CHECK(tooLarge.status == 6 &&
        tooLarge.log.find("File uses too much global constant data (0x10004 bytes, 0x10000 max)") != std::string::npos);

    // 4096 bytes of parameters, with the alignment of each.
    const char* parameters = "struct S { float x[COUNT]; }; extern \"C\" __global__ void k(S s, char c, double* y) { y[0] = s.x[c]; }";
    CHECK(compileSource(parameters, {"--gpu-architecture=sm_80", "-DCOUNT=1021"}).status == 0);
    Compiled tooLong = compileSource(parameters, {"--gpu-architecture=sm_80", "-DCOUNT=1022"});
    CHECK(tooLong.status == 6 && tooLong.log.find("Formal parameter space overflowed (max 4096 bytes allowed)") != std::string::npos);
    CHECK(tooLong.log.find("function k") != std::string::npos);
}
}

int main(int count, char** arguments)
{
    const char* registers = "registers.txt";
    if (FILE* file = std::fopen(registers, "w"))
        std::fputs("greedy 96\n", file), std::fclose(file);
    setenv("AARENGEN_EMULATOR_REGISTERS", registers, 1);
    loadLibraries(count, arguments);
    startDevice();
    struct { const char* name; void (*run)(); } tests[] = {{"bounds", bounds}, {"alignment", alignment}, {"uninitialised", uninitialised},
        {"races", races}, {"divergence", divergence}, {"limits", limits}};
    for (auto [name, run] : tests)
        testName = name, run();
    std::remove(registers);
    return finish();
}
