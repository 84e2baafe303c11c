// What the driver's entries share.
#pragma once

#include <mutex>
#include <set>

#include "cuda_abi.h"

struct Context
{
    int retained = 0;
    CUresult broken = CUDA_SUCCESS;   // as on a device, an error of a kernel is the end of its context
    int capturing = 0;                // streams that record, in a mode that forbids unsafe calls
};

struct Driver
{
    std::recursive_mutex mutex;
    bool initialized = false;
    Context context;
    std::set<const void*> handles;    // everything that was given out and is alive
};

Driver& driver();

// The calling thread's context.
extern thread_local CUcontext currentContext __attribute__((tls_model("initial-exec")));

// Held by every entry that needs a context. Its result is what the call must return at once, if it is not success.
class Entry
{
public:
    Entry() : m_lock(driver().mutex)
    {
        if (!driver().initialized)
            result = CUDA_ERROR_NOT_INITIALIZED;
        else if (currentContext == nullptr || driver().context.retained == 0)
            result = CUDA_ERROR_INVALID_CONTEXT;
        else
            result = driver().context.broken;
    }

    CUresult result;

private:
    std::lock_guard<std::recursive_mutex> m_lock;
};

#define ENTER()                                                                                                         \
    Entry entry;                                                                                                        \
    if (entry.result != CUDA_SUCCESS)                                                                                   \
        return entry.result

inline bool isHandle(const void* handle) { return driver().handles.count(handle) != 0; }

template <class T> T* give(T* made)
{
    driver().handles.insert(made);
    return made;
}

template <class T> void take(T* handle)
{
    driver().handles.erase(handle);
    delete handle;
}
