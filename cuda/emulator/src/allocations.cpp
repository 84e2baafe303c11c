// Memory of device and host that a program asks for, and what it may ask about a pointer.
#include <cstdlib>
#include <cstring>

#include "memory.h"
#include "settings.h"
#include "streams.h"

// What handles of memory point to; only their addresses count.
struct DeviceMemory;
struct ManagedMemory;
struct PinnedMemory;
struct RegisteredMemory;

namespace
{
template <class T> CUresult allocate(CUdeviceptr* address, size_t bytes)
{
    if (address == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (CUresult r = refuseWhileCapturing(); r != CUDA_SUCCESS)
        return r;
    CUresult result = allocateDevice(address, bytes);
    if (result == CUDA_SUCCESS)
        give((T*)*address, [](void* memory) { freeDevice((CUdeviceptr)memory); });
    return result;
}

CUresult release(CUdeviceptr address)
{
    if (address != 0 && !forget((DeviceMemory*)address) && !forget((ManagedMemory*)address))
        return CUDA_ERROR_INVALID_VALUE;
    return freeDevice(address);
}

// A stream's allocation in a capture would become a node of the graph.
CUresult requireStreamWithoutCapture(CUstream handle)
{
    Stream* stream = streamOf(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : stream->capture != nullptr ? CUDA_ERROR_NOT_SUPPORTED : CUDA_SUCCESS;
}
}

EMULATOR_API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes)
{
    ENTER();
    return allocate<DeviceMemory>(address, bytes);
}

EMULATOR_API CUresult cuMemAllocPitch_v2(CUdeviceptr* address, size_t* pitch, size_t width, size_t height, unsigned elementBytes)
{
    ENTER();
    if (pitch == nullptr || width == 0 || height == 0 || (elementBytes != 4 && elementBytes != 8 && elementBytes != 16))
        return CUDA_ERROR_INVALID_VALUE;
    *pitch = (width + 511) / 512 * 512;
    return height > SIZE_MAX / *pitch ? CUDA_ERROR_OUT_OF_MEMORY : allocate<DeviceMemory>(address, *pitch * height);
}

// Host and device share the address, as they do here anyway. The host's writes pass unseen, so all of it counts as written.
EMULATOR_API CUresult cuMemAllocManaged(CUdeviceptr* address, size_t bytes, unsigned flags)
{
    ENTER();
    if (flags != 1 && flags != 2)   // attached to all streams, or to the host at first
        return CUDA_ERROR_INVALID_VALUE;
    CUresult result = allocate<ManagedMemory>(address, bytes);
    if (result == CUDA_SUCCESS)
        markWritten(*address, bytes);
    return result;
}

EMULATOR_API CUresult cuMemFree_v2(CUdeviceptr address)
{
    ENTER();
    if (CUresult r = refuseWhileCapturing(); r != CUDA_SUCCESS)
        return r;
    return release(address);
}

EMULATOR_API CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream stream)
{
    ENTER();
    if (CUresult r = requireStreamWithoutCapture(stream); r != CUDA_SUCCESS)
        return r;
    return allocate<DeviceMemory>(address, bytes);
}

EMULATOR_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream)
{
    ENTER();
    if (CUresult r = requireStreamWithoutCapture(stream); r != CUDA_SUCCESS)
        return r;
    return release(address);
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

EMULATOR_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* start, size_t* bytes, CUdeviceptr address)
{
    ENTER();
    uint64_t first;
    size_t size;
    if (!findAllocation(address, first, size))
        return CUDA_ERROR_NOT_FOUND;
    if (start != nullptr)
        *start = first;
    if (bytes != nullptr)
        *bytes = size;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned flags)
{
    ENTER();
    // Portable, mapped, write-combined.
    if (memory == nullptr || bytes == 0 || flags > 7)
        return CUDA_ERROR_INVALID_VALUE;
    *memory = bytes > SIZE_MAX - 4095 ? nullptr : std::aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095);
    if (*memory == nullptr)
        return CUDA_ERROR_OUT_OF_MEMORY;
    // Nothing is promised of its contents; NaN shows who relies on them.
    std::memset(*memory, 0xff, bytes);
    give((PinnedMemory*)*memory, std::free);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemAllocHost_v2(void** memory, size_t bytes) { return cuMemHostAlloc(memory, bytes, 0); }

EMULATOR_API CUresult cuMemFreeHost(void* memory)
{
    ENTER();
    if (!forget((PinnedMemory*)memory))
        return CUDA_ERROR_INVALID_VALUE;
    std::free(memory);
    return CUDA_SUCCESS;
}

// Every copy takes any memory of the host, so registering it changes nothing. What a program does twice or never is an error all the same.
EMULATOR_API CUresult cuMemHostRegister_v2(void* memory, size_t bytes, unsigned flags)
{
    ENTER();
    if (memory == nullptr || bytes == 0 || flags > 15)
        return CUDA_ERROR_INVALID_VALUE;
    if (isHandle((RegisteredMemory*)memory) || isHandle((PinnedMemory*)memory))
        return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    give((RegisteredMemory*)memory, [](void*) {});
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuMemHostUnregister(void* memory)
{
    ENTER();
    if (memory == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    return forget((RegisteredMemory*)memory) ? CUDA_SUCCESS : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

// For device memory; of the host's own the driver knows nothing either.
EMULATOR_API CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr address)
{
    ENTER();
    uint64_t start;
    size_t bytes;
    if (value == nullptr || !findAllocation(address, start, bytes))
        return CUDA_ERROR_INVALID_VALUE;
    const Handle& facts = driver().handles.at((void*)start);
    bool managed = isHandle((ManagedMemory*)start);
    switch (attribute)
    {
        case CU_POINTER_ATTRIBUTE_CONTEXT: *(CUcontext*)value = facts.owner; break;
        case CU_POINTER_ATTRIBUTE_MEMORY_TYPE: *(unsigned*)value = 2; break;
        case CU_POINTER_ATTRIBUTE_DEVICE_POINTER: *(CUdeviceptr*)value = address; break;
        case CU_POINTER_ATTRIBUTE_HOST_POINTER:
            if (!managed)
                return CUDA_ERROR_INVALID_VALUE;
            *(CUdeviceptr*)value = address;
            break;
        case CU_POINTER_ATTRIBUTE_IS_MANAGED: *(unsigned*)value = managed; break;
        case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: *(int*)value = facts.owner->device; break;
        case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR: *(CUdeviceptr*)value = start; break;
        case CU_POINTER_ATTRIBUTE_RANGE_SIZE: *(size_t*)value = bytes; break;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}
