// Contexts: the primary one, those that a program creates, and each thread's stack of them.
#include <vector>

#include "counters.h"
#include "driver.h"
#include "streams.h"

thread_local CUcontext currentContext __attribute__((tls_model("initial-exec"))) = nullptr;

namespace
{
// What lies under the current context.
thread_local std::vector<CUcontext> pushed;

// Destroys everything that a context owns.
void clear(CUcontext context)
{
    for (bool found = true; found;)
    {
        found = false;
        for (auto [handle, facts] : driver().handles)
            if (facts.owner == context && facts.destroy != nullptr)
            {
                driver().handles.erase(handle);
                facts.destroy((void*)handle);
                found = true;
                break;
            }
    }
}

void popCurrent()
{
    currentContext = pushed.empty() ? nullptr : pushed.back();
    if (!pushed.empty())
        pushed.pop_back();
}
}

EMULATOR_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device)
{
    std::lock_guard lock(driver().mutex);
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (context == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    driver().context.retained++;
    *context = &driver().context;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
{
    std::lock_guard lock(driver().mutex);
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (driver().context.retained == 0)
        return CUDA_ERROR_INVALID_CONTEXT;
    // A primary context that nobody holds is gone, and its error with it.
    if (--driver().context.retained == 0)
        driver().context.broken = CUDA_SUCCESS;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active)
{
    std::lock_guard lock(driver().mutex);
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    if (flags == nullptr || active == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *flags = driver().context.flags;
    *active = driver().context.retained > 0;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags)
{
    std::lock_guard lock(driver().mutex);
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    driver().context.flags = flags;
    return CUDA_SUCCESS;
}

// The flags say how a host thread waits for the device; nothing here waits.
EMULATOR_API CUresult cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device)
{
    std::lock_guard lock(driver().mutex);
    if (CUresult r = requireDevice(device); r != CUDA_SUCCESS)
        return r;
    // One way of waiting (bits 0 to 2), mapped host memory, local memory kept.
    if (context == nullptr || (flags & ~0x1fu) != 0)
        return CUDA_ERROR_INVALID_VALUE;
    *context = new Context;
    (*context)->device = device;
    (*context)->flags = flags;
    (*context)->retained = 1;
    driver().created.insert(*context);
    if (currentContext != nullptr)
        pushed.push_back(currentContext);
    currentContext = *context;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxDestroy_v2(CUcontext context)
{
    std::lock_guard lock(driver().mutex);
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (driver().created.count(context) == 0)
        return CUDA_ERROR_INVALID_CONTEXT;
    clear(context);
    // The few bytes of the object stay, so that no later context has the address that other threads may still have as their current one.
    driver().created.erase(context);
    if (currentContext == context)
        popCurrent();
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxPushCurrent_v2(CUcontext context)
{
    std::lock_guard lock(driver().mutex);
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (!isLive(context))
        return CUDA_ERROR_INVALID_CONTEXT;
    if (currentContext != nullptr)
        pushed.push_back(currentContext);
    currentContext = context;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxPopCurrent_v2(CUcontext* context)
{
    std::lock_guard lock(driver().mutex);
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (currentContext == nullptr)
        return CUDA_ERROR_INVALID_CONTEXT;
    if (context != nullptr)
        *context = currentContext;
    popCurrent();
    return CUDA_SUCCESS;
}

// Replaces the top of the stack; null takes it away.
EMULATOR_API CUresult cuCtxSetCurrent(CUcontext context)
{
    std::lock_guard lock(driver().mutex);
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (context == nullptr)
        popCurrent();
    else if (context != &driver().context && !isLive(context))
        return CUDA_ERROR_INVALID_CONTEXT;
    else
        currentContext = context;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxGetCurrent(CUcontext* context)
{
    if (!driver().initialized)
        return CUDA_ERROR_NOT_INITIALIZED;
    if (context == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *context = currentContext;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxGetDevice(CUdevice* device)
{
    ENTER();
    if (device == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *device = currentContext->device;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxGetFlags(unsigned* flags)
{
    ENTER();
    if (flags == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *flags = currentContext->flags;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxGetApiVersion(CUcontext context, unsigned* version)
{
    ENTER();
    if (version == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (context != nullptr && !isLive(context))
        return CUDA_ERROR_INVALID_CONTEXT;
    *version = 3020;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxGetStreamPriorityRange(int* lowest, int* highest)
{
    ENTER();
    if (lowest != nullptr)
        *lowest = 0;
    if (highest != nullptr)
        *highest = highestPriority;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuCtxSynchronize()
{
    std::lock_guard lock(driver().mutex);
    writeCounters();
    ENTER();
    return currentContext->capturing > 0 ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}
