// A program that is none of AarenGen's: every entry comes from cuGetProcAddress, as headers of newer versions have it.
#include "gpu.h"

#include <cmath>

namespace
{
// What a program asks of the driver by the plain name.
template <class... Arguments> int gpu(const char* name, Arguments... arguments)
{
    void* entry = nullptr;
    if (call("cuGetProcAddress", name, &entry, 11080, 0ull) != 0)
    {
        std::printf("no entry %s\n", name);
        std::exit(1);
    }
    return ((int (*)(Arguments...))entry)(arguments...);
}

const char* source = R"(
    __constant__ float table[8];
    namespace settings { __device__ int counter = 5; }
    extern "C" __global__ void scale(float* y, const float* x, int n)
    {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n)
            y[i] = table[i % 8] * x[i];
        if (i == 0)
            settings::counter++;
    }
    extern "C" __global__ void softmax(float* y, const float* x, int width)
    {
        extern __shared__ float row[];
        __shared__ float partial[32];
        int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
        float maximum = -3.4e38f;
        for (int i = threadIdx.x; i < width; i += blockDim.x)
            maximum = fmaxf(maximum, row[i] = x[blockIdx.x * width + i]);
        for (int d = 16; d > 0; d /= 2)
            maximum = fmaxf(maximum, __shfl_xor_sync(0xffffffffu, maximum, d));
        if (lane == 0)
            partial[warp] = maximum;
        __syncthreads();
        for (int i = 0; i < warps; i++)
            maximum = fmaxf(maximum, partial[i]);
        __syncthreads();
        float sum = 0;
        for (int i = threadIdx.x; i < width; i += blockDim.x)
            sum += row[i] = expf(row[i] - maximum);
        for (int d = 16; d > 0; d /= 2)
            sum += __shfl_xor_sync(0xffffffffu, sum, d);
        if (lane == 0)
            partial[warp] = sum;
        __syncthreads();
        sum = 0;
        for (int i = 0; i < warps; i++)
            sum += partial[i];
        for (int i = threadIdx.x; i < width; i += blockDim.x)
            y[blockIdx.x * width + i] = row[i] / sum;
    })";

struct Program
{
    void *context = nullptr, *module = nullptr;

    Program()
    {
        CHECK(gpu("cuCtxCreate", &context, 0u, 0) == 0);
        Compiled compiled = compileSource(source);
        CHECK(compiled.status == 0);
        CHECK(gpu("cuModuleLoadData", &module, (const void*)compiled.cubin.data()) == 0);
    }
    ~Program() { CHECK(gpu("cuCtxDestroy", context) == 0); }
    void* function(const char* name) const
    {
        void* found = nullptr;
        CHECK(gpu("cuModuleGetFunction", &found, module, name) == 0);
        return found;
    }
};

Pointer allocate(size_t bytes)
{
    Pointer address = 0;
    CHECK(gpu("cuMemAlloc", &address, bytes) == 0);
    return address;
}

void globals()
{
    Program program;
    Pointer table = 0, counter = 0;
    size_t bytes = 0;
    CHECK(gpu("cuModuleGetGlobal", &table, &bytes, program.module, "table") == 0 && bytes == 32);
    CHECK(gpu("cuModuleGetGlobal", &counter, (size_t*)nullptr, program.module, "_ZN8settings7counterE") == 0);
    CHECK(gpu("cuModuleGetGlobal", &table, &bytes, program.module, "tables") == 500);
    CHECK(gpu("cuModuleGetGlobal", &table, &bytes, program.module, (const char*)nullptr) == 1);
    CHECK(gpu("cuModuleGetGlobal", &table, &bytes, (void*)nullptr, "table") == 400);
    std::vector<float> factors{1, 2, 3, 4, 5, 6, 7, 8}, x(100, 0.5f), y(100);
    CHECK(gpu("cuMemcpyHtoD", table, (const void*)factors.data(), (size_t)36) == 1);
    CHECK(gpu("cuMemcpyHtoD", table, (const void*)factors.data(), (size_t)32) == 0);
    Pointer dx = allocate(400), dy = allocate(400);
    CHECK(gpu("cuMemcpy", dx, (Pointer)x.data(), (size_t)400) == 0);
    CHECK(launch(program.function("scale"), {1, 128}, dy, dx, 100) == 0);
    CHECK(gpu("cuMemcpy", (Pointer)y.data(), dy, (size_t)400) == 0);
    for (size_t i = 0; i < 100; i++)
        CHECK(y[i] == factors[i % 8] * 0.5f);
    int count = 0;
    CHECK(gpu("cuMemcpyDtoH", (void*)&count, counter, (size_t)4) == 0 && count == 6);
}

void copies()
{
    Program program;
    Pointer a = allocate(64), b = allocate(64);
    unsigned short halves[32];
    CHECK(gpu("cuMemsetD16", a, (unsigned short)0x1234, (size_t)32) == 0);
    CHECK(gpu("cuMemcpyDtoD", b, a, (size_t)64) == 0 && gpu("cuMemcpyDtoH", (void*)halves, b, (size_t)64) == 0 && halves[31] == 0x1234);
    CHECK(gpu("cuMemsetD16", a + 1, (unsigned short)0, (size_t)1) == 1);
    CHECK(gpu("cuMemsetD8", a, (unsigned char)7, (size_t)65) == 1);
    CHECK(gpu("cuMemsetD32", a, 0x01020304u, (size_t)16) == 0);
    CHECK(gpu("cuMemcpyDtoD", b, a, (size_t)65) == 1 && gpu("cuMemcpyHtoD", (Pointer)0, (const void*)halves, (size_t)2) == 1);
    Pointer managed = 0;
    CHECK(gpu("cuMemAllocManaged", &managed, (size_t)400, 1u) == 0);
    float* values = (float*)managed;
    for (int i = 0; i < 100; i++)
        values[i] = (float)i;
    Pointer table = 0;
    size_t bytes = 0;
    CHECK(gpu("cuModuleGetGlobal", &table, &bytes, program.module, "table") == 0 && gpu("cuMemsetD32", table, 0x40000000u, (size_t)8) == 0);
    CHECK(launch(program.function("scale"), {1, 128}, managed, managed, 100) == 0 && gpu("cuCtxSynchronize") == 0 && values[99] == 198);
    int isManaged = 0;
    CHECK(gpu("cuPointerGetAttribute", (void*)&isManaged, 8, managed) == 0 && isManaged == 1);
    CHECK(gpu("cuMemFree", managed) == 0 && gpu("cuMemFree", managed) == 1);
    void* stream = nullptr;
    CHECK(gpu("cuStreamCreate", &stream, 0u) == 0 && gpu("cuMemAllocAsync", &managed, (size_t)8, stream) == 0);
    CHECK(gpu("cuMemFreeAsync", managed, stream) == 0 && gpu("cuStreamDestroy", stream) == 0);
}

// Dynamic shared memory beyond 48 KB, as CUlaunchConfig has it.
void sharedMemory()
{
    Program program;
    void* softmax = program.function("softmax");
    int width = 15000;
    struct { unsigned gx, gy, gz, bx, by, bz, shared; void* stream; void* attributes; unsigned count; } config{2, 1, 1, 256, 1, 1,
        (unsigned)width * 4, nullptr, nullptr, 0};
    std::vector<float> x((size_t)width * 2), y(x.size());
    for (size_t i = 0; i < x.size(); i++)
        x[i] = (float)((i * 37) % 101) / 16;
    Pointer dx = allocate(x.size() * 4), dy = allocate(x.size() * 4);
    CHECK(gpu("cuMemcpyHtoD", dx, (const void*)x.data(), x.size() * 4) == 0);
    void* arguments[] = {&dy, &dx, &width};
    CHECK(gpu("cuLaunchKernelEx", &config, softmax, (void**)arguments, (void**)nullptr) == 1);
    clearErrors();
    CHECK(gpu("cuFuncSetAttribute", softmax, 8, 163 * 1024) == 1);   // 128 static bytes count as well
    CHECK(gpu("cuFuncSetAttribute", softmax, 8, width * 4) == 0);
    CHECK(gpu("cuLaunchKernelEx", &config, softmax, (void**)arguments, (void**)nullptr) == 0);
    CHECK(gpu("cuLaunchKernelEx", (void*)nullptr, softmax, (void**)arguments, (void**)nullptr) == 1);
    CHECK(gpu("cuMemcpyDtoH", (void*)y.data(), dy, y.size() * 4) == 0);
    for (size_t row = 0; row < 2; row++)
    {
        double maximum = -1e300, sum = 0;
        for (size_t i = 0; i < (size_t)width; i++)
            maximum = std::max(maximum, (double)x[row * (size_t)width + i]);
        for (size_t i = 0; i < (size_t)width; i++)
            sum += std::exp(x[row * (size_t)width + i] - maximum);
        // Each thread adds up to 59 terms, then 5 + 8 partial sums; exponential and division round once more.
        for (size_t i = 0; i < (size_t)width; i++)
        {
            double exact = std::exp(x[row * (size_t)width + i] - maximum) / sum;
            CHECK(std::abs(y[row * (size_t)width + i] - exact) <= 80 * 0x1p-24 * exact);
        }
    }
    int grid = 0, block = 0, blocks = 0;
    CHECK(gpu("cuOccupancyMaxPotentialBlockSize", &grid, &block, softmax, (size_t (*)(int))nullptr, (size_t)0, 0) == 0);
    CHECK(block == 1024 && grid == 2 * 108);
    CHECK(gpu("cuOccupancyMaxActiveBlocksPerMultiprocessor", &blocks, softmax, 1024, (size_t)60000) == 0 && blocks == 2);
}

void contexts()
{
    void *first = nullptr, *second = nullptr, *now = nullptr;
    CHECK(gpu("cuCtxCreate", &first, 0u, 0) == 0 && gpu("cuCtxCreate", &second, 0u, 0) == 0);
    CHECK(gpu("cuCtxCreate", (void**)nullptr, 0u, 0) == 1 && gpu("cuCtxCreate", &now, 0u, 1) == 101);
    CHECK(gpu("cuCtxGetCurrent", &now) == 0 && now == second);
    Pointer memory = allocate(16);
    size_t before = 0, after = 0, total = 0;
    CHECK(gpu("cuMemGetInfo", &before, &total) == 0);
    CHECK(gpu("cuCtxPopCurrent", &now) == 0 && now == second && gpu("cuCtxGetCurrent", &now) == 0 && now == first);
    CHECK(gpu("cuCtxPushCurrent", second) == 0 && gpu("cuCtxPushCurrent", (void*)nullptr) == 201);
    CHECK(gpu("cuCtxSetCurrent", first) == 0 && gpu("cuCtxDestroy", second) == 0 && gpu("cuCtxDestroy", second) == 201);
    CHECK(gpu("cuMemGetInfo", &after, &total) == 0 && after == before + 16 && gpu("cuMemFree", memory) == 1);
    CHECK(gpu("cuCtxSetCurrent", second) == 201);
    CHECK(gpu("cuCtxDestroy", first) == 0);
}

// Templates, namespaces and variables by the names that C++ has for them.
void nameExpressions()
{
    Program program;
    const char* text = R"(
        namespace maps
        {
            __constant__ float offset;
            template <class T, int factor> __global__ void multiply(T* y)
            {
                __shared__ T tile[32];
                tile[threadIdx.x] = (T)(threadIdx.x * factor);
                __syncthreads();
                y[threadIdx.x] = tile[threadIdx.x ^ 1] + (T)offset;
            }
        }
        static __global__ void plain(float* y) { y[threadIdx.x] = 3; })";
    const char* expressions[] = {"maps::multiply<float, 3>", "&maps::multiply<int, 5>", "plain", "&maps::offset"};
    void *compiler = nullptr, *module = nullptr;
    CHECK(nvrtc("nvrtcCreateProgram", &compiler, text, "maps.cu", 0, (const char* const*)nullptr, (const char* const*)nullptr) == 0);
    const char* name = nullptr;
    for (const char* expression : expressions)
        CHECK(nvrtc("nvrtcAddNameExpression", compiler, expression) == 0);
    CHECK(nvrtc("nvrtcAddNameExpression", compiler, (const char*)nullptr) == 3);
    CHECK(nvrtc("nvrtcGetLoweredName", compiler, expressions[0], &name) == 9);
    const char* options[] = {"--gpu-architecture=sm_80"};
    CHECK(nvrtc("nvrtcCompileProgram", compiler, 1, (const char* const*)options) == 0);
    CHECK(nvrtc("nvrtcAddNameExpression", compiler, "late") == 8);
    CHECK(nvrtc("nvrtcGetLoweredName", compiler, "maps::multiply<int, 3>", &name) == 10);
    size_t size = 0;
    CHECK(nvrtc("nvrtcGetCUBINSize", compiler, &size) == 0);
    std::string image(size, '\0');
    CHECK(nvrtc("nvrtcGetCUBIN", compiler, image.data()) == 0);
    CHECK(gpu("cuModuleLoadData", &module, (const void*)image.data()) == 0);
    auto lowered = [&](const char* expression)
    {
        CHECK(nvrtc("nvrtcGetLoweredName", compiler, expression, &name) == 0);
        return name;
    };
    CHECK(std::strcmp(lowered(expressions[0]), "_ZN4maps8multiplyIfLi3EEEvPT_") == 0);
    Pointer offset = 0, y = allocate(128);
    size_t bytes = 0;
    float half = 0.5f, values[32];
    int whole[32];
    CHECK(gpu("cuModuleGetGlobal", &offset, &bytes, module, lowered(expressions[3])) == 0 && bytes == 4);
    CHECK(gpu("cuMemcpyHtoD", offset, (const void*)&half, (size_t)4) == 0);
    auto run = [&](const char* expression, void* to)
    {
        void* kernel = nullptr;
        CHECK(gpu("cuModuleGetFunction", &kernel, module, lowered(expression)) == 0 && launch(kernel, {1, 32}, y) == 0);
        CHECK(gpu("cuMemcpyDtoH", to, y, (size_t)128) == 0);
    };
    run(expressions[0], values), run(expressions[1], whole);
    for (int i = 0; i < 32; i++)
        CHECK(values[i] == (float)((i ^ 1) * 3) + 0.5f && whole[i] == (i ^ 1) * 5);
    run(expressions[2], values);
    CHECK(values[31] == 3);
    CHECK(nvrtc("nvrtcDestroyProgram", &compiler) == 0);

    CHECK(nvrtc("nvrtcCreateProgram", &compiler, text, "maps.cu", 0, (const char* const*)nullptr, (const char* const*)nullptr) == 0);
    CHECK(nvrtc("nvrtcAddNameExpression", compiler, "maps::absent<3>") == 0);
    CHECK(nvrtc("nvrtcCompileProgram", compiler, 1, (const char* const*)options) == 6);
    CHECK(nvrtc("nvrtcDestroyProgram", &compiler) == 0);
}

void entries()
{
    void *entry = nullptr, *other = nullptr;
    int status = -1;
    CHECK(call("cuGetProcAddress", "cuMemAlloc", &entry, 11080, 0ull) == 0 && entry == dlsym(cudaLibrary, "cuMemAlloc_v2"));
    CHECK(call("cuGetProcAddress", "cuTexObjectCreate", &entry, 11080, 0ull) == 500 && entry == nullptr);
    CHECK(call("cuGetProcAddress", "malloc", &entry, 11080, 0ull) == 500);
    CHECK(call("cuGetProcAddress", "cuInit", (void**)nullptr, 11080, 0ull) == 1);
    CHECK(call("cuGetProcAddress_v2", "cuTexObjectCreate", &entry, 12000, 0ull, &status) == 500 && status == 1);
    CHECK(call("cuGetProcAddress_v2", "cuInit", &entry, 12000, 0ull, &status) == 0 && status == 0);
    CHECK(call("cuGetProcAddress", "cuGetProcAddress", &entry, 11080, 0ull) == 0);
    CHECK(call("cuGetProcAddress", "cuGetProcAddress", &other, 12000, 0ull) == 0 && entry != other);
    for (const char* name : {"cuLaunchKernel_ptsz", "cuMemcpyHtoD_v2_ptds", "cuStreamDestroy"})
        CHECK(dlsym(cudaLibrary, name) != nullptr);
    int major = 0, minor = -1;
    char uuid[16] = {};
    CHECK(gpu("cuDeviceComputeCapability", &major, &minor, 0) == 0 && major == 8 && minor == 0);
    CHECK(gpu("cuDeviceGetUuid", uuid, 0) == 0 && uuid[0] != 0 && gpu("cuDeviceGetUuid", uuid, 5) == 101);
}
}

int main(int count, char** arguments)
{
    loadLibraries(count, arguments);
    CHECK(gpu("cuInit", 0u) == 0);
    struct { const char* name; void (*run)(); } tests[] = {{"entries", entries}, {"contexts", contexts}, {"globals", globals},
        {"copies", copies}, {"nameExpressions", nameExpressions}, {"sharedMemory", sharedMemory}};
    for (auto [name, run] : tests)
        testName = name, run();
    return finish();
}
