// What the driver's entries share.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "cuda_abi.h"

struct Context
{
    int retained = 0;                 // of the primary context; a created one is retained once, until it is destroyed
    CUresult broken = CUDA_SUCCESS;   // as on a device, an error of a kernel is the end of its context
    int capturing = 0;                // streams that record, in a mode that forbids unsafe calls
    CUdevice device = 0;
    unsigned flags = 0;
};

struct Handle
{
    const char* kind;                 // of kindOf: a stream is no event
    CUcontext owner;
    void (*destroy)(void* handle);    // null for a part of another object
};

struct Driver
{
    std::recursive_mutex mutex;
    bool initialized = false;
    Context context;                  // the primary one
    std::set<CUcontext> created;      // by cuCtxCreate, and alive
    std::map<const void*, Handle> handles;   // everything that was given out and is alive
};

Driver& driver();

// What a call about a device must return at once, if it is not success.
CUresult requireDevice(CUdevice device);

// True until the context is destroyed, or the primary context released.
inline bool isLive(CUcontext context)
{
    return context == &driver().context ? context->retained > 0 : driver().created.count(context) != 0;
}

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
        else if (currentContext == nullptr)
            result = CUDA_ERROR_INVALID_CONTEXT;
        else if (!isLive(currentContext))
            result = CUDA_ERROR_CONTEXT_IS_DESTROYED;
        else
            result = currentContext->broken;
    }

    CUresult result;

private:
    std::lock_guard<std::recursive_mutex> m_lock;
};

#define ENTER()                                                                                                         \
    Entry entry;                                                                                                        \
    if (entry.result != CUDA_SUCCESS)                                                                                   \
        return entry.result

template <class T> inline constexpr char kindOf = 0;

template <class T> bool isHandle(const T* handle)
{
    auto found = driver().handles.find(handle);
    return found != driver().handles.end() && found->second.kind == &kindOf<T>;
}

// The current context owns what it gives out, and destroys it at its own end.
template <class T> T* give(T* made, void (*destroy)(void*) = [](void* handle) { delete (T*)handle; })
{
    driver().handles[made] = {&kindOf<T>, currentContext, destroy};
    return made;
}

// False if there is no such object. The object itself stays.
template <class T> bool forget(const T* handle) { return isHandle(handle) && driver().handles.erase(handle) != 0; }

template <class T> void take(T* handle)
{
    forget(handle);
    delete handle;
}
