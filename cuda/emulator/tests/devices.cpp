// What the environment makes of the device: none at all, or another architecture with its limits.
#include "gpu.h"

int main(int count, char** arguments)
{
    loadLibraries(count, arguments);
    std::string kind = count > 3 ? arguments[3] : "";
    testName = kind.c_str();
    if (kind == "0")
    {
        setenv("AARENGEN_EMULATOR_DEVICES", "0", 1);
        int devices = -1;
        CHECK(call("cuInit", 0u) == 100);
        CHECK(call("cuDeviceGetCount", &devices) == 3);
        return finish();
    }
    setenv("AARENGEN_EMULATOR_ARCH", kind.c_str(), 1);
    int arch = std::atoi(kind.c_str()), value = 0;
    int shared = arch == 75 ? 64 : arch == 86 || arch == 89 ? 99 : arch == 80 ? 163 : 227;
    startDevice();
    char name[64];
    CHECK(call("cuDeviceGetName", name, 64, 0) == 0 && std::string(name) == "AarenGen emulator (sm_" + kind + ")");
    CHECK(call("cuDeviceGetAttribute", &value, 97, 0) == 0 && value == shared * 1024);

    std::string option = "--gpu-architecture=sm_" + kind;
    Compiled compiled = compileSource(R"(
        extern "C" __global__ void fill(int* out)
        {
            extern __shared__ int pool[];
            pool[threadIdx.x] = __CUDA_ARCH__;
            __syncthreads();
            out[threadIdx.x] = pool[31 - threadIdx.x];
        })", {option.c_str()});
    void *module = nullptr, *fill = nullptr;
    CHECK(call("cuModuleLoadDataEx", &module, (const void*)compiled.cubin.data(), 0u, (const int*)nullptr, (void**)nullptr) == 0);
    CHECK(call("cuModuleGetFunction", &fill, module, "fill") == 0);
    CHECK(call("cuFuncSetAttribute", fill, 8, shared * 1024 + 1) == 1);
    CHECK(call("cuFuncSetAttribute", fill, 8, shared * 1024) == 0);
    Buffer<int> out((size_t)32);
    CHECK(launch(fill, {1, 32, (unsigned)shared * 1024}, out.address) == 0);
    CHECK(out.read() == std::vector<int>(32, arch * 10));
    return finish();
}
