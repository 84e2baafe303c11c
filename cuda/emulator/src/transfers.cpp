// Copies and sets, at once or on a stream. Everything is done by the end of the call, so the two differ in captures alone.
#include "memory.h"
#include "streams.h"

namespace
{
bool isOnDevice(uint64_t address, size_t bytes) { return isDeviceRange(address, bytes) || isModuleVariable(address, bytes); }

CUresult copy(CUstream stream, Task task, uint64_t to, uint64_t from, size_t bytes)
{
    if (bytes == 0)
        return CUDA_SUCCESS;
    bool toDevice = task == Task::toDevice || task == Task::onDevice, fromDevice = task == Task::toHost || task == Task::onDevice;
    if (to == 0 || from == 0 || (toDevice && !isOnDevice(to, bytes)) || (fromDevice && !isOnDevice(from, bytes)))
        return CUDA_ERROR_INVALID_VALUE;
    Operation operation{};
    operation.task = task;
    operation.to = to;
    operation.from = from;
    operation.bytes = bytes;
    return submit(stream, std::move(operation));
}

// With unified addresses the driver sees from an address alone where it lies.
CUresult copyAny(CUstream stream, uint64_t to, uint64_t from, size_t bytes)
{
    bool toDevice = isArena(to) || isModuleVariable(to, 1), fromDevice = isArena(from) || isModuleVariable(from, 1);
    Task task = toDevice ? fromDevice ? Task::onDevice : Task::toDevice : fromDevice ? Task::toHost : Task::onHost;
    return copy(stream, task, to, from, bytes);
}

CUresult fill(CUstream stream, Task task, uint64_t to, unsigned value, size_t count)
{
    size_t width = task == Task::fill32 ? 4 : task == Task::fill16 ? 2 : 1;
    if (count == 0)
        return CUDA_SUCCESS;
    if (to % width != 0 || count > SIZE_MAX / width || !isOnDevice(to, count * width))
        return CUDA_ERROR_INVALID_VALUE;
    Operation operation{};
    operation.task = task;
    operation.to = to;
    operation.value = value;
    operation.bytes = count * width;
    return submit(stream, std::move(operation));
}
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

EMULATOR_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)
{
    ENTER();
    return copyAny(stream, to, from, bytes);
}

EMULATOR_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes)
{
    return cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr);
}
EMULATOR_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) { return cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr); }
EMULATOR_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes)
{
    return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}
EMULATOR_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) { return cuMemcpyAsync(to, from, bytes, nullptr); }

EMULATOR_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream)
{
    ENTER();
    return fill(stream, Task::fill8, to, value, count);
}

EMULATOR_API CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream)
{
    ENTER();
    return fill(stream, Task::fill16, to, value, count);
}

EMULATOR_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream)
{
    ENTER();
    return fill(stream, Task::fill32, to, value, count);
}

EMULATOR_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count)
{
    return cuMemsetD8Async(to, value, count, nullptr);
}
EMULATOR_API CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count)
{
    return cuMemsetD16Async(to, value, count, nullptr);
}
EMULATOR_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) { return cuMemsetD32Async(to, value, count, nullptr); }
