// Memory of host and device, and copies between them.
#include <cstdlib>
#include <cstring>

#include "memory.h"
#include "settings.h"
#include "streams.h"

namespace
{
CUresult copy(CUstream stream, Task task, uint64_t to, uint64_t from, size_t bytes)
{
    if (bytes == 0)
        return CUDA_SUCCESS;
    bool toDevice = task != Task::toHost, fromDevice = task != Task::toDevice;
    if (to == 0 || from == 0 || (toDevice && !isDeviceRange(to, bytes)) || (fromDevice && !isDeviceRange(from, bytes)))
        return CUDA_ERROR_INVALID_VALUE;
    Operation operation{};
    operation.task = task;
    operation.to = to;
    operation.from = from;
    operation.bytes = bytes;
    return submit(stream, std::move(operation));
}

CUresult fill(CUstream stream, Task task, uint64_t to, unsigned value, size_t count)
{
    size_t width = task == Task::fill32 ? 4 : 1;
    if (count == 0)
        return CUDA_SUCCESS;
    if (to % width != 0 || !isDeviceRange(to, count * width))
        return CUDA_ERROR_INVALID_VALUE;
    Operation operation{};
    operation.task = task;
    operation.to = to;
    operation.value = value;
    operation.bytes = count * width;
    return submit(stream, std::move(operation));
}
}

EMULATOR_API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes)
{
    ENTER();
    if (address == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (CUresult r = refuseWhileCapturing(); r != CUDA_SUCCESS)
        return r;
    return allocateDevice(address, bytes);
}

EMULATOR_API CUresult cuMemFree_v2(CUdeviceptr address)
{
    ENTER();
    if (CUresult r = refuseWhileCapturing(); r != CUDA_SUCCESS)
        return r;
    return freeDevice(address);
}

EMULATOR_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total)
{
    ENTER();
    if (free == nullptr || total == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *free = freeDeviceBytes();
    *total = settings().memoryBytes;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned)
{
    ENTER();
    if (memory == nullptr || bytes == 0)
        return CUDA_ERROR_INVALID_VALUE;
    *memory = std::aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095);
    if (*memory == nullptr)
        return CUDA_ERROR_OUT_OF_MEMORY;
    // Nothing is promised of its contents; NaN shows who relies on them.
    std::memset(*memory, 0xff, bytes);
    driver().handles.insert(*memory);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemFreeHost(void* memory)
{
    ENTER();
    if (driver().handles.erase(memory) == 0)
        return CUDA_ERROR_INVALID_VALUE;
    std::free(memory);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream)
{
    ENTER();
    return copy(stream, Task::toDevice, to, (uint64_t)from, bytes);
}

EMULATOR_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream)
{
    ENTER();
    return copy(stream, Task::toHost, (uint64_t)to, from, bytes);
}

EMULATOR_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)
{
    ENTER();
    return copy(stream, Task::onDevice, to, from, bytes);
}

EMULATOR_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes)
{
    ENTER();
    return copy(nullptr, Task::toDevice, to, (uint64_t)from, bytes);
}

EMULATOR_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes)
{
    ENTER();
    return copy(nullptr, Task::toHost, (uint64_t)to, from, bytes);
}

EMULATOR_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream)
{
    ENTER();
    return fill(stream, Task::fill8, to, value, count);
}

EMULATOR_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream)
{
    ENTER();
    return fill(stream, Task::fill32, to, value, count);
}
