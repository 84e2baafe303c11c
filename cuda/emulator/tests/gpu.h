// The two libraries as a host sees them, and what the tests share.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

using Pointer = unsigned long long;

inline void* cudaLibrary;
inline void* nvrtcLibrary;
inline int failures = 0;
inline const char* testName = "";

inline void check(bool condition, const char* text, int line)
{
    if (condition)
        return;
    failures++;
    std::printf("%s: line %d: %s\n", testName, line, text);
}

#define CHECK(condition) check(condition, #condition, __LINE__)

// Calls an entry of the driver by its name.
template <class... Arguments> int call(const char* name, Arguments... arguments)
{
    static_assert((!std::is_floating_point_v<Arguments> && ...));
    auto entry = (int (*)(Arguments...))dlsym(cudaLibrary, name);
    if (entry == nullptr)
    {
        std::printf("no entry %s\n", name);
        std::exit(1);
    }
    return entry(arguments...);
}

template <class... Arguments> int nvrtc(const char* name, Arguments... arguments)
{
    auto entry = (int (*)(Arguments...))dlsym(nvrtcLibrary, name);
    if (entry == nullptr)
    {
        std::printf("no entry %s\n", name);
        std::exit(1);
    }
    return entry(arguments...);
}

inline void loadLibraries(int count, char** arguments)
{
    if (count < 3)
    {
        std::printf("usage: %s libcuda.so.1 libnvrtc.so\n", arguments[0]);
        std::exit(2);
    }
    cudaLibrary = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    nvrtcLibrary = dlopen(arguments[2], RTLD_NOW | RTLD_LOCAL);
    if (cudaLibrary == nullptr || nvrtcLibrary == nullptr)
    {
        std::printf("%s\n", dlerror());
        std::exit(1);
    }
}

inline void startDevice()
{
    void* context = nullptr;
    int device = -1;
    CHECK(call("cuInit", 0u) == 0);
    CHECK(call("cuDeviceGet", &device, 0) == 0);
    CHECK(call("cuDevicePrimaryCtxRetain", &context, device) == 0);
    CHECK(call("cuCtxSetCurrent", context) == 0);
}

struct Compiled
{
    int status;
    std::string log, cubin, ptx;
};

inline Compiled compileSource(const char* source, std::vector<const char*> options = {"--gpu-architecture=sm_80"})
{
    Compiled result{};
    void* program = nullptr;
    nvrtc("nvrtcCreateProgram", &program, source, "kernel.cu", 0, (const char* const*)nullptr, (const char* const*)nullptr);
    result.status = nvrtc("nvrtcCompileProgram", program, (int)options.size(), (const char* const*)options.data());
    size_t size = 0;
    nvrtc("nvrtcGetProgramLogSize", program, &size);
    result.log.resize(size);
    nvrtc("nvrtcGetProgramLog", program, result.log.data());
    if (result.status == 0)
    {
        nvrtc("nvrtcGetCUBINSize", program, &size);
        result.cubin.resize(size);
        if (size > 0)
            nvrtc("nvrtcGetCUBIN", program, result.cubin.data());
        nvrtc("nvrtcGetPTXSize", program, &size);
        result.ptx.resize(size);
        nvrtc("nvrtcGetPTX", program, result.ptx.data());
    }
    nvrtc("nvrtcDestroyProgram", &program);
    return result;
}

struct TestModule
{
    void* handle = nullptr;

    explicit TestModule(const char* source)
    {
        Compiled compiled = compileSource(source);
        if (compiled.status != 0)
            std::printf("%s\n", compiled.log.c_str());
        CHECK(compiled.status == 0);
        CHECK(call("cuModuleLoadDataEx", &handle, (const void*)compiled.cubin.data(), 0u, (const int*)nullptr, (void**)nullptr) == 0);
    }
    TestModule(const TestModule&) = delete;
    TestModule& operator=(const TestModule&) = delete;
    ~TestModule() { call("cuModuleUnload", handle); }

    void* function(const char* name) const
    {
        void* found = nullptr;
        CHECK(call("cuModuleGetFunction", &found, handle, name) == 0);
        return found;
    }
};

template <class T> struct Buffer
{
    Pointer address = 0;
    size_t count;

    explicit Buffer(size_t count) : count(count) { CHECK(call("cuMemAlloc_v2", &address, count * sizeof(T)) == 0); }
    explicit Buffer(const std::vector<T>& values) : Buffer(values.size())
    {
        CHECK(call("cuMemcpyHtoD_v2", address, (const void*)values.data(), count * sizeof(T)) == 0);
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { call("cuMemFree_v2", address); }

    std::vector<T> read() const
    {
        std::vector<T> values(count);
        CHECK(call("cuMemcpyDtoH_v2", (void*)values.data(), address, count * sizeof(T)) == 0);
        return values;
    }
};

struct Shape
{
    unsigned grid, block, shared = 0;
    void* stream = nullptr;
};

template <class... Arguments> int launch(void* function, Shape shape, Arguments... arguments)
{
    void* pointers[] = {(void*)&arguments..., nullptr};
    return call("cuLaunchKernel", function, shape.grid, 1u, 1u, shape.block, 1u, 1u, shape.shared, shape.stream, (void**)pointers,
        (void**)nullptr);
}

inline void setSeed(unsigned long long seed)
{
    ((void (*)(unsigned long long))dlsym(cudaLibrary, "aarengen_emulator_set_seed"))(seed);
}

inline void clearErrors() { ((void (*)())dlsym(cudaLibrary, "aarengen_emulator_clear_errors"))(); }

inline std::string emulatorText(const char* name)
{
    auto entry = (int (*)(char*, size_t))dlsym(cudaLibrary, name);
    std::string text((size_t)entry(nullptr, 0), '\0');
    entry(text.data(), text.size());
    text.pop_back();
    return text;
}

inline int finish()
{
    std::printf(failures == 0 ? "passed\n" : "%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
