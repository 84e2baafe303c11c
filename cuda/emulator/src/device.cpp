// The device, errors' names, and the emulator's own entries.
#include <cstdio>
#include <cstring>

#include "checks.h"
#include "counters.h"
#include "driver.h"
#include "limits.h"
#include "memory.h"
#include "report.h"
#include "settings.h"

Driver& driver()
{
    static auto* only = new Driver;
    return *only;
}

CUresult requireDevice(CUdevice device)
{
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    return device < 0 || device >= settings().devices ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

namespace
{
// By the numbers of CUdevice_attribute.
bool attributeOf(int attribute, CUdevice device, int& value)
{
    const Limits& limits = limitsOf(settings().arch);
    switch (attribute)
    {
        case 1: value = 1024; break;                                        // threads a block
        case 2: case 3: value = 1024; break;                                // block x, y
        case 4: value = 64; break;                                          // block z
        case 5: value = 2147483647; break;                                  // grid x
        case 6: case 7: value = 65535; break;                               // grid y, z
        case 8: value = (int)defaultSharedPerBlock; break;
        case 9: value = 65536; break;                                       // constant memory
        case 10: value = 32; break;                                         // warp
        case 11: value = 2147483647; break;                                 // pitch
        case 12: value = registersPerMultiprocessor; break;                 // a block
        case 13: value = limits.clockKhz; break;
        case 14: value = 512; break;                                        // texture alignment
        case 15: value = 1; break;                                          // overlap of copies
        case 16: value = limits.multiprocessors; break;
        case 17: value = 0; break;                                          // a limit on kernels' time
        case 18: value = 0; break;                                          // integrated
        case 19: value = 1; break;                                          // maps host memory
        case 20: value = 0; break;                                          // compute mode: default
        case 31: value = 1; break;                                          // concurrent kernels
        case 32: value = 0; break;                                          // ECC
        case 33: value = device; break;                                     // PCI bus
        case 34: value = 0; break;                                          // PCI device
        case 35: value = 0; break;                                          // TCC
        case 36: value = limits.memoryClockKhz; break;
        case 37: value = limits.memoryBusBits; break;
        case 38: value = (int)limits.l2Bytes; break;
        case 39: value = limits.threadsPerMultiprocessor; break;
        case 40: value = 2; break;                                          // engines for copies
        case 41: value = 1; break;                                          // unified addresses
        case 50: value = 0; break;                                          // PCI domain
        case 75: value = settings().arch / 10; break;
        case 76: value = settings().arch % 10; break;
        case 78: value = 1; break;                                          // stream priorities
        case 79: case 80: value = 1; break;                                 // L1 caches global and local memory
        case 81: value = (int)limits.sharedPerMultiprocessor; break;
        case 82: value = registersPerMultiprocessor; break;
        case 83: value = 1; break;                                          // managed memory
        case 84: value = 0; break;                                          // several boards
        case 87: value = 2; break;                                          // float against double
        case 88: case 89: case 90: case 91: value = 0; break;               // pageable and managed access from both sides
        case 95: value = 0; break;                                          // cooperative launch
        case 97: value = (int)limits.sharedPerBlock; break;                 // once a kernel asks
        case 106: value = limits.blocksPerMultiprocessor; break;
        case 111: value = (int)limits.reservedShared; break;
        case 115: value = 0; break;                                         // memory pools
        default: return false;
    }
    return true;
}

struct Error
{
    CUresult code;
    const char *name, *text;
};

constexpr Error errors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {CUDA_ERROR_NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {CUDA_ERROR_FILE_NOT_FOUND, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {CUDA_ERROR_LAUNCH_TIMEOUT, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {CUDA_ERROR_CONTEXT_IS_DESTROYED, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
        "part or all of the requested memory range is already mapped"},
    {CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED",
        "pointer does not correspond to a registered memory region"},
    {CUDA_ERROR_MISALIGNED_ADDRESS, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
        "operation failed due to a previous error during capture"},
    {CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not initiated in this stream"},
    {CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
    {CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
        "operation would make the legacy stream depend on a capturing blocking stream"},
    {CUDA_ERROR_CAPTURED_EVENT, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

CUresult tell(CUresult code, const char** text, const char* Error::*part)
{
    if (text == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *text = nullptr;
    for (const Error& error : errors)
        if (error.code == code)
            *text = error.*part;
    return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

// As snprintf does: what fits, ended by a null character; the answer is what all of it takes.
int copyOut(const std::string& text, char* buffer, size_t capacity)
{
    if (buffer != nullptr && capacity > 0)
    {
        size_t n = text.copy(buffer, capacity - 1);
        buffer[n] = 0;
    }
    return (int)text.size() + 1;
}
}

EMULATOR_API CUresult cuInit(unsigned flags)
{
    std::lock_guard lock(driver().mutex);
    if (flags != 0)
        return CUDA_ERROR_INVALID_VALUE;
    if (settings().devices <= 0)
        return CUDA_ERROR_NO_DEVICE;
    openArena();
    globalRaces = settings().checkGlobalRaces;
    fencedRaces = settings().allowFencedRaces;
    driver().initialized = true;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDriverGetVersion(int* version)
{
    if (version == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *version = 11080;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGetCount(int* count)
{
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (count == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *count = settings().devices;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGet(CUdevice* device, int ordinal)
{
    if (CUresult r = requireDevice(ordinal); r != CUDA_SUCCESS)
        return r;
    if (device == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *device = ordinal;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGetName(char* name, int length, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (name == nullptr || length <= 0)
        return CUDA_ERROR_INVALID_VALUE;
    std::snprintf(name, (size_t)length, "AarenGen emulator (sm_%d)", settings().arch);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    return value != nullptr && attributeOf(attribute, device, *value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EMULATOR_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (bytes == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *bytes = settings().memoryBytes;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (major == nullptr || minor == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *major = settings().arch / 10;
    *minor = settings().arch % 10;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (uuid == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *uuid = {{'e', 'm', 'u', 'l', 'a', 't', 'o', 'r', (char)settings().arch, (char)device}};
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

EMULATOR_API CUresult cuDeviceGetPCIBusId(char* text, int length, CUdevice device)
{
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (text == nullptr || length < 13)
        return CUDA_ERROR_INVALID_VALUE;
    std::snprintf(text, (size_t)length, "0000:%02x:00.0", (unsigned)device & 0xff);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDeviceCanAccessPeer(int* canAccess, CUdevice device, CUdevice peer)
{
    for (CUdevice d : {device, peer})
        if (CUresult r = requireDevice(d); r != CUDA_SUCCESS)
            return r;
    if (canAccess == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *canAccess = 0;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuGetErrorName(CUresult code, const char** text) { return tell(code, text, &Error::name); }
EMULATOR_API CUresult cuGetErrorString(CUresult code, const char** text) { return tell(code, text, &Error::text); }

// ---- the emulator's own -------------------------------------------------------------------------------------------------------

EMULATOR_API int aarengen_emulator_counters_json(char* buffer, size_t capacity)
{
    std::lock_guard lock(driver().mutex);
    return copyOut(countersJson(), buffer, capacity);
}

EMULATOR_API void aarengen_emulator_reset_counters()
{
    std::lock_guard lock(driver().mutex);
    resetCounters();
}

EMULATOR_API int aarengen_emulator_report(char* buffer, size_t capacity)
{
    std::lock_guard lock(driver().mutex);
    return copyOut(reports(), buffer, capacity);
}

EMULATOR_API void aarengen_emulator_set_seed(unsigned long long seed)
{
    std::lock_guard lock(driver().mutex);
    settings().seed = seed;
}

EMULATOR_API void aarengen_emulator_clear_errors()
{
    std::lock_guard lock(driver().mutex);
    driver().context.broken = CUDA_SUCCESS;
    for (CUcontext context : driver().created)
        context->broken = CUDA_SUCCESS;
    clearReports();
}
