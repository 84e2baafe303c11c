// cuGetProcAddress: how programs built with newer headers find the entries, by the names without a version.
#include <cstring>
#include <dlfcn.h>
#include <string>

#include "driver.h"

namespace
{
// The newest form that the emulator has. Its streams do their work at once, so those of each thread need no form of their own.
void* find(const char* name, int version)
{
    Dl_info self;
    void* library = dladdr((void*)&driver, &self) == 0 ? nullptr : dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr)
        return nullptr;
    // The second form takes one parameter more, which a program of CUDA 11 does not pass.
    bool first = std::strcmp(name, "cuGetProcAddress") == 0 && version < 12000;
    void* entry = first ? nullptr : dlsym(library, (std::string(name) + "_v2").c_str());
    if (entry == nullptr)
        entry = dlsym(library, name);
    dlclose(library);
    return entry;
}
}

EMULATOR_API CUresult cuGetProcAddress(const char* name, void** entry, int version, unsigned long long flags)
{
    // 0: the default; 1: the legacy default stream; 2: one for each thread.
    if (name == nullptr || entry == nullptr || flags > 2)
        return CUDA_ERROR_INVALID_VALUE;
    // The library's other symbols are none of the driver's.
    *entry = std::strncmp(name, "cu", 2) == 0 ? find(name, version) : nullptr;
    return *entry == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}

// The status is 0 where the entry was found, 1 where there is no such name.
EMULATOR_API CUresult cuGetProcAddress_v2(const char* name, void** entry, int version, unsigned long long flags, int* status)
{
    CUresult result = cuGetProcAddress(name, entry, version, flags);
    if (status != nullptr && result != CUDA_ERROR_INVALID_VALUE)
        *status = result == CUDA_SUCCESS ? 0 : 1;
    return result;
}
