// What the host sees: errors of use, streams, events, graphs, compilation, several modules and threads.
#include "gpu.h"

#include <thread>

namespace
{
const char* source = R"(
    extern "C" __global__ void add(float* y, const float* x, float a, int n)
    {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n)
            y[i] += a * x[i];
    }
    __global__ void mangled(float* y) { y[0] = 1; }
    template <int n> __global__ void pattern(float* y) { y[0] = n; }
    extern "C" { __global__ void inBraces(float* y); __global__ void inBraces(float* y) { y[0] = 3; } }
    #define KERNEL(name, value) extern "C" __global__ void name(float* y) { y[0] = value; }
    KERNEL(made, 4)
    namespace outer { namespace inner { extern "C" __global__ void nested(float* y) { __stcs(y, 5); } } namespace { int hidden; } }
    namespace { extern "C" __global__ void __launch_bounds__(4 * (8 + 8), 2) nameless(float* y) { y[0] = 6; } }
    #if 0
    extern "C" __global__ void never(float* y) { y[0] = undefined; }
    #endif
    // extern "C" __global__ void comment(float* y)
    __device__ const char* text = "extern \"C\" __global__ void quoted(";
    )";

void beforeInit()
{
    int count = -1;
    CHECK(call("cuDeviceGetCount", &count) == 3);
    Pointer p;
    CHECK(call("cuMemAlloc_v2", &p, (size_t)4) == 3);
    CHECK(call("cuInit", 0u) == 0);
    CHECK(call("cuMemAlloc_v2", &p, (size_t)4) == 201);
}

void device()
{
    int value = 0, version = 0;
    char name[64];
    size_t bytes = 0, free = 0;
    CHECK(call("cuDriverGetVersion", &version) == 0 && version == 11080);
    CHECK(call("cuDeviceGetCount", &value) == 0 && value == 1);
    CHECK(call("cuDeviceGet", &value, 1) == 101);
    CHECK(call("cuDeviceGetName", name, 64, 0) == 0 && std::strcmp(name, "AarenGen emulator (sm_80)") == 0);
    CHECK(call("cuDeviceGetAttribute", &value, 75, 0) == 0 && value == 8);
    CHECK(call("cuDeviceGetAttribute", &value, 76, 0) == 0 && value == 0);
    CHECK(call("cuDeviceGetAttribute", &value, 16, 0) == 0 && value == 108);
    CHECK(call("cuDeviceGetAttribute", &value, 97, 0) == 0 && value == 163 * 1024);
    CHECK(call("cuDeviceGetAttribute", &value, 9999, 0) == 1);
    CHECK(call("cuDeviceTotalMem_v2", &bytes, 0) == 0 && bytes == (size_t)64 << 20);
    const char* text = nullptr;
    CHECK(call("cuGetErrorName", 700, &text) == 0 && std::strcmp(text, "CUDA_ERROR_ILLEGAL_ADDRESS") == 0);
    CHECK(call("cuGetErrorString", 12345, &text) == 1 && text == nullptr);

    Pointer big = 0;
    CHECK(call("cuMemAlloc_v2", &big, (size_t)65 << 20) == 2);
    CHECK(call("cuMemAlloc_v2", &big, (size_t)60 << 20) == 0);
    CHECK(call("cuMemGetInfo_v2", &free, &bytes) == 0 && free == (size_t)4 << 20);
    CHECK(call("cuMemFree_v2", big) == 0);
    CHECK(call("cuMemFree_v2", big) == 1);
    for (int i = 0; i < 8; i++)
    {
        CHECK(call("cuMemAlloc_v2", &big, (size_t)40 << 20) == 0);
        CHECK(call("cuMemFree_v2", big) == 0);
    }
    void* pinned = nullptr;
    CHECK(call("cuMemHostAlloc", &pinned, (size_t)100, 0u) == 0 && call("cuMemFreeHost", pinned) == 0);
    CHECK(call("cuMemFreeHost", pinned) == 1);
    Buffer<float> small((size_t)4);
    float host[8] = {};
    CHECK(call("cuMemcpyHtoD_v2", small.address, (const void*)host, sizeof host) == 1);
}

void compilation()
{
    int major = 0, minor = 0, archs = 0;
    CHECK(nvrtc("nvrtcVersion", &major, &minor) == 0 && major == 11 && minor == 8);
    CHECK(nvrtc("nvrtcGetNumSupportedArchs", &archs) == 0 && archs > 5);
    Compiled wrong = compileSource("extern \"C\" __global__ void k(float* x)\n{\n    x[0] = nothing;\n}\n");
    CHECK(wrong.status == 6 && wrong.log.find("kernel.cu:3:") != std::string::npos && wrong.log.find("nothing") != std::string::npos);
    Compiled option = compileSource(source, {"--gpu-architecture=sm_80", "--no-such-thing"});
    CHECK(option.status == 5 && option.log.find("--no-such-thing") != std::string::npos);
    CHECK(compileSource(source, {"--gpu-architecture=sm_123"}).status == 5);
    Compiled ptx = compileSource(source, {"--gpu-architecture=compute_75", "-std=c++17", "-DUNUSED=1", "--use_fast_math"});
    CHECK(ptx.status == 0 && ptx.cubin.empty() && !ptx.ptx.empty());
    void* module = nullptr;
    auto load = [&](const std::string& image)
    { return call("cuModuleLoadDataEx", &module, (const void*)image.data(), 0u, (const int*)nullptr, (void**)nullptr); };
    CHECK(load(ptx.ptx) == 0 && call("cuModuleUnload", module) == 0);
    CHECK(call("cuModuleUnload", module) == 400);
    CHECK(load(compileSource(source, {"--gpu-architecture=sm_75"}).cubin) == 209);
    CHECK(load(compileSource(source, {"--gpu-architecture=sm_90"}).cubin) == 209);
    CHECK(load("no image at all, and long enough to be read as one") == 200);

    setenv("AARENGEN_EMULATOR_CXX", "no-such-compiler", 1);
    Compiled missing = compileSource(source);
    CHECK(missing.status != 0 && missing.log.find("AARENGEN_EMULATOR_CXX") != std::string::npos);
    unsetenv("AARENGEN_EMULATOR_CXX");
}

void kernelNames()
{
    TestModule module(source);
    void* f = nullptr;
    for (const char* name : {"mangled", "pattern", "never", "comment", "quoted"})
        CHECK(call("cuModuleGetFunction", &f, module.handle, name) == 500);
    Buffer<float> y((size_t)1);
    CHECK(launch(module.function("inBraces"), {1, 1}, y.address) == 0 && y.read()[0] == 3);
    CHECK(launch(module.function("made"), {1, 1}, y.address) == 0 && y.read()[0] == 4);
    CHECK(launch(module.function("nested"), {1, 1}, y.address) == 0 && y.read()[0] == 5);
    CHECK(launch(module.function("nameless"), {1, 1}, y.address) == 0 && y.read()[0] == 6);
    int value = 0;
    CHECK(call("cuFuncGetAttribute", &value, 0, module.function("nameless")) == 0 && value == 64);
    CHECK(call("cuFuncGetAttribute", &value, 0, module.function("add")) == 0 && value == 1024);
    CHECK(call("cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, module.function("add"), 256, (size_t)0) == 0 && value == 8);
    CHECK(call("cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, module.function("add"), 256, (size_t)40000) == 0 && value == 4);
}

void severalModules()
{
    TestModule first("extern \"C\" __global__ void k(float* y) { __shared__ float s[2]; s[0] = 1; y[0] = s[0]; }");
    TestModule second("extern \"C\" __global__ void k(float* y) { __shared__ float s[200]; s[100] = 2; y[0] = s[100]; }");
    Buffer<float> y((size_t)1);
    for (int i = 0; i < 3; i++)
    {
        CHECK(launch(first.function("k"), {1, 1}, y.address) == 0 && y.read()[0] == 1);
        CHECK(launch(second.function("k"), {1, 1}, y.address) == 0 && y.read()[0] == 2);
    }
}

// Two streams, joined by events, recorded once and played three times.
void graphs()
{
    TestModule module(source);
    void *main = nullptr, *side = nullptr, *fork = nullptr, *join = nullptr, *graph = nullptr, *exec = nullptr;
    CHECK(call("cuStreamCreate", &main, 1u) == 0 && call("cuStreamCreate", &side, 1u) == 0);
    CHECK(call("cuEventCreate", &fork, 2u) == 0 && call("cuEventCreate", &join, 2u) == 0);
    float* pinned = nullptr;
    CHECK(call("cuMemHostAlloc", (void**)&pinned, (size_t)400, 0u) == 0);
    Buffer<float> x(std::vector<float>(100, 1.0f)), y((size_t)100), z((size_t)100);

    CHECK(call("cuStreamBeginCapture_v2", main, 0) == 0);
    CHECK(call("cuMemsetD32Async", y.address, 0u, (size_t)100, main) == 0);
    CHECK(call("cuMemcpyHtoDAsync_v2", x.address, (const void*)pinned, (size_t)400, main) == 0);
    CHECK(call("cuEventRecord", fork, main) == 0 && call("cuStreamWaitEvent", side, fork, 0u) == 0);
    {
        // The arguments may be gone by the time of the replay.
        float factor = 2;
        CHECK(launch(module.function("add"), {1, 128, 0, main}, y.address, x.address, factor, 100) == 0);
        factor = 100;
    }
    CHECK(call("cuMemcpyDtoDAsync_v2", z.address, x.address, (size_t)400, side) == 0);
    CHECK(call("cuEventRecord", join, side) == 0 && call("cuStreamWaitEvent", main, join, 0u) == 0);
    CHECK(launch(module.function("add"), {1, 128, 0, main}, y.address, z.address, 3.0f, 100) == 0);
    CHECK(call("cuStreamEndCapture", main, &graph) == 0);
    size_t nodes = 0;
    CHECK(call("cuGraphGetNodes", graph, (void**)nullptr, &nodes) == 0 && nodes == 5);
    CHECK(call("cuGraphInstantiateWithFlags", &exec, graph, 0ull) == 0 && call("cuGraphDestroy", graph) == 0);
    for (int round = 1; round <= 3; round++)
    {
        for (int i = 0; i < 100; i++)
            pinned[i] = (float)(i * round);
        CHECK(call("cuGraphLaunch", exec, main) == 0);
        CHECK(call("cuStreamSynchronize", main) == 0);
        CHECK(y.read()[7] == 5.0f * 7 * (float)round);
    }

    // Work that does not come back to the stream, and calls that a capture forbids.
    CHECK(call("cuStreamBeginCapture_v2", main, 0) == 0);
    CHECK(call("cuEventRecord", fork, main) == 0 && call("cuStreamWaitEvent", side, fork, 0u) == 0);
    CHECK(call("cuMemsetD32Async", y.address, 0u, (size_t)100, side) == 0);
    CHECK(call("cuStreamEndCapture", main, &graph) == 904);
    CHECK(call("cuStreamBeginCapture_v2", main, 0) == 0);
    CHECK(call("cuStreamSynchronize", main) == 900);
    CHECK(call("cuStreamEndCapture", main, &graph) == 901);
    CHECK(call("cuStreamBeginCapture_v2", main, 0) == 0);
    Pointer p;
    CHECK(call("cuMemAlloc_v2", &p, (size_t)4) == 900);
    CHECK(call("cuStreamEndCapture", main, &graph) == 901);

    void *start = nullptr, *end = nullptr;
    float milliseconds = -1;
    CHECK(call("cuEventCreate", &start, 0u) == 0 && call("cuEventCreate", &end, 0u) == 0);
    CHECK(call("cuEventElapsedTime", &milliseconds, start, end) == 400);
    CHECK(call("cuEventRecord", start, main) == 0 && call("cuEventRecord", end, main) == 0);
    CHECK(call("cuEventQuery", end) == 0 && call("cuEventSynchronize", end) == 0);
    CHECK(call("cuEventElapsedTime", &milliseconds, start, end) == 0 && milliseconds >= 0);
    for (void* event : {start, end, fork, join})
        CHECK(call("cuEventDestroy_v2", event) == 0);
    CHECK(call("cuEventDestroy_v2", start) == 400);
    CHECK(call("cuGraphExecDestroy", exec) == 0);
    CHECK(call("cuStreamDestroy_v2", main) == 0 && call("cuStreamDestroy_v2", side) == 0);
    CHECK(call("cuMemFreeHost", (void*)pinned) == 0);
}

// A context belongs to a thread until it is made current in another.
void threads()
{
    void* context = nullptr;
    CHECK(call("cuCtxGetCurrent", &context) == 0 && context != nullptr);
    TestModule module(source);
    void* add = module.function("add");
    std::vector<std::thread> all;
    for (int t = 0; t < 4; t++)
        all.emplace_back(
            [&]
            {
                Pointer p;
                CHECK(call("cuMemAlloc_v2", &p, (size_t)4) == 201);
                CHECK(call("cuCtxSetCurrent", context) == 0);
                Buffer<float> x(std::vector<float>(1000, 1.0f)), y(std::vector<float>(1000, 0.0f));
                for (int i = 0; i < 20; i++)
                    CHECK(launch(add, {4, 256}, y.address, x.address, 1.0f, 1000) == 0);
                CHECK(y.read()[999] == 20);
            });
    for (std::thread& thread : all)
        thread.join();
}

// A kernel that waits for what never comes is stopped, and told.
void timeout()
{
    TestModule module(R"(
        extern "C" __global__ void forEver(volatile int* flag) { while (flag[0] == 0) ; }
        extern "C" __global__ void loop(const float* in, float* out) { float x = 0; while (x >= 0) x += in[(int)x]; out[0] = x; }
        )");
    Buffer<int> flag(std::vector<int>{0});
    Buffer<float> in(std::vector<float>{0.0f}), out((size_t)1);
    CHECK(launch(module.function("forEver"), {1, 64}, flag.address) == 702);
    CHECK(emulatorText("aarengen_emulator_report").find("a launch that does not end\n  kernel   forEver") != std::string::npos);
    CHECK(call("cuCtxSynchronize") == 702);
    clearErrors();
    CHECK(launch(module.function("loop"), {1, 64}, in.address, out.address) == 702);
    clearErrors();
}

void reportFile(const char* path)
{
    TestModule module("extern \"C\" __global__ void wild(float* y) { y[1] = 0; }");
    Buffer<float> y((size_t)1);
    CHECK(launch(module.function("wild"), {1, 1}, y.address) == 700);
    std::string text;
    if (FILE* file = std::fopen(path, "r"))
    {
        char buffer[65536];
        text.assign(buffer, std::fread(buffer, 1, sizeof buffer, file));
        std::fclose(file);
    }
    CHECK(text.find("out-of-bounds write\n  kernel   wild") != std::string::npos);
    clearErrors();
    std::remove(path);
}
}

int main(int count, char** arguments)
{
    setenv("AARENGEN_EMULATOR_MEMORY_MB", "64", 1);
    setenv("AARENGEN_EMULATOR_TIMEOUT", "2", 1);
    setenv("AARENGEN_EMULATOR_REPORT", "host_calls_report.txt", 1);
    loadLibraries(count, arguments);
    testName = "beforeInit", beforeInit();
    startDevice();
    struct { const char* name; void (*run)(); } tests[] = {{"device", device}, {"compilation", compilation}, {"kernelNames", kernelNames},
        {"severalModules", severalModules}, {"graphs", graphs}, {"threads", threads}};
    for (auto [name, run] : tests)
    {
        testName = name, run();
        CHECK(emulatorText("aarengen_emulator_report").empty());
    }
    testName = "timeout", timeout();
    testName = "reportFile", reportFile("host_calls_report.txt");
    return finish();
}
