// Modules and functions.
#include "module.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <link.h>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

#include "blob.h"
#include "driver.h"
#include "elf_reader.h"
#include "limits.h"
#include "process.h"
#include "settings.h"

namespace
{
// As the header for kernels has it.
struct TableEntry
{
    const char* name;
    void (*call)(void (*kernel)(), void** arguments);
    void (*kernel)();
    const unsigned* sizes;
    unsigned count, maxThreads;
};

// A module calls the hooks by name; the host may have loaded this library for itself alone.
void exposeHooks()
{
    static bool done = false;
    Dl_info info;
    if (!done && dladdr((void*)&exposeHooks, &info) != 0)
        done = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) != nullptr;
}

bool writeObject(const std::string& object, std::string& path)
{
    const char* root = std::getenv("TMPDIR");
    path = std::string(root == nullptr || *root == 0 ? "/tmp" : root) + "/aarengen-module-XXXXXX";
    int file = mkstemp(path.data());
    if (file < 0)
        return false;
    size_t at = 0;
    while (at < object.size())
    {
        ssize_t written = write(file, object.data() + at, object.size() - at);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    close(file);
    return at == object.size();
}

void findRange(Module& module)
{
    const link_map* map = nullptr;
    dlinfo(module.handle, RTLD_DI_LINKMAP, &map);
    module.codeBase = map->l_addr;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* data)
        {
            Module& m = *(Module*)data;
            if (info->dlpi_addr != m.codeBase)
                return 0;
            m.low = ~(uintptr_t)0;
            for (int i = 0; i < info->dlpi_phnum; i++)
                if (const auto& segment = info->dlpi_phdr[i]; segment.p_type == PT_LOAD)
                {
                    m.low = std::min(m.low, (uintptr_t)(info->dlpi_addr + segment.p_vaddr));
                    m.high = std::max(m.high, (uintptr_t)(info->dlpi_addr + segment.p_vaddr + segment.p_memsz));
                }
            return 1;
        },
        &module);
}

std::set<const Module*>& loaded()
{
    static auto* all = new std::set<const Module*>;
    return *all;
}

// What C++ gives out by cuModuleGetGlobal; the rest is the compiler's and the emulator's own.
void findVariables(Module& module)
{
    for (const DataSymbol& symbol : dataSymbols(module.object))
        if (symbol.bytes > 0 && symbol.symbol.find("aarengen_") == std::string::npos && symbol.symbol[0] != '.' &&
            symbol.symbol.compare(0, 3, "_ZT") != 0)
            module.variables.push_back({symbol.symbol, module.codeBase + symbol.offset, symbol.bytes});
    // A constant that is const as well lies in pages that cannot be written; the host may set it nevertheless.
    uintptr_t page = 4096;
    for (const Variable& variable : module.variables)
        mprotect((void*)(variable.address & ~(page - 1)), (variable.address % page + variable.bytes + page - 1) & ~(page - 1),
            PROT_READ | PROT_WRITE);
}

// The blob has the names in the order of the compiler's table, also those that only the assembler knows.
void addFunction(Module& module, const TableEntry& entry, const std::string& name, const Blob& blob)
{
    static uint64_t functions = 0;
    if (entry.call == nullptr)
        return;   // a name expression for a variable
    for (const Function* known : module.functions)
        if (known->name == name)
            return;
    auto* function = new Function{};
    function->module = &module;
    function->number = ++functions;
    function->name = name;
    function->call = entry.call;
    function->kernel = entry.kernel;
    function->parameterBytes.assign(entry.sizes, entry.sizes + entry.count);
    function->maxThreads = entry.maxThreads == 0 ? 1024 : entry.maxThreads;
    for (const BlobKernel& kernel : blob.kernels)
        if (kernel.name == function->name)
            for (const BlobArray& array : kernel.shared)
            {
                function->shared.push_back({array.name, array.offset, array.bytes});
                function->staticShared += array.bytes;
            }
    function->dynamicLimit = defaultSharedPerBlock - function->staticShared;
    if (auto known = settings().registers.find(function->name); known != settings().registers.end())
        function->registers = known->second;
    module.functions.push_back(give(function, nullptr));
}

void unload(Module* module)
{
    loaded().erase(module);
    for (Function* function : module->functions)
        take(function);
    if (module->handle != nullptr)
        dlclose(module->handle);
    take(module);
}
}

bool isModuleVariable(uint64_t address, size_t bytes)
{
    for (const Module* module : loaded())
        if (address - module->low < module->high - module->low)
            for (const Variable& variable : module->variables)
                if (address - variable.address < variable.bytes)
                    return bytes <= variable.address + variable.bytes - address;
    return false;
}

bool isModuleAddress(const Module& module, uint64_t address, size_t bytes)
{
    return address >= module.low && address + bytes <= module.high;
}

std::string sourceOf(const Module& module, const void* code)
{
    char offset[32];
    // The byte before the return address belongs to the call itself.
    std::snprintf(offset, sizeof offset, "0x%zx", (size_t)((uintptr_t)code - module.codeBase - 1));
    std::string path;
    if (!writeObject(module.object, path))
        return {};
    ProcessResult lines = runProcess({"addr2line", "-e", path, "-f", "-C", "-i", offset});
    unlink(path.c_str());
    if (lines.status != 0)
        return {};
    // Pairs of a function and its line, from the innermost outwards.
    std::string text, function;
    size_t at = 0;
    for (bool isFunction = true; at < lines.output.size(); isFunction = !isFunction)
    {
        size_t end = lines.output.find('\n', at);
        std::string line = lines.output.substr(at, end - at);
        at = end == std::string::npos ? lines.output.size() : end + 1;
        if (isFunction)
        {
            function = line;
            continue;
        }
        // The compiler names files by their full paths, and the headers' helpers explain nothing.
        line = line.substr(line.rfind('/') + 1);
        line = line.substr(0, line.find(" (discriminator"));
        if (line.rfind("source-", 0) == 0)
            line = line.substr(7);
        if (line.find("aarengen_emulator.h") == std::string::npos && line.rfind("??", 0) != 0)
            text += (text.empty() ? "" : ", called from ") + line + " in " + function;
    }
    return text;
}

// The options are those of the assembler: its log, its registers.
EMULATOR_API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, const int*, void**)
{
    ENTER();
    Blob blob;
    if (module == nullptr || image == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!readBlob(image, blob))
        return CUDA_ERROR_INVALID_IMAGE;
    // A cubin runs on its own generation, PTX on every newer one.
    int arch = settings().arch;
    if (blob.arch > arch || (!blob.isVirtual && blob.arch / 10 != arch / 10))
        return CUDA_ERROR_NO_BINARY_FOR_GPU;

    auto* made = give(new Module{}, [](void* module) { unload((Module*)module); });
    made->arch = blob.arch;
    made->markerOffset = blob.markerOffset;
    made->sharedBytes = blob.sharedBytes;
    made->hasDynamic = blob.hasDynamic;
    made->dynamicOffset = blob.dynamicOffset;
    exposeHooks();
    made->object = std::move(blob.object);
    std::string path;
    if (writeObject(made->object, path))
        made->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    unlink(path.c_str());
    if (made->handle == nullptr)
    {
        const char* reason = dlerror();
        std::fprintf(stderr, "AarenGen emulator: cannot load a module: %s\n", reason == nullptr ? "no room for a temporary file" : reason);
        unload(made);
        return CUDA_ERROR_INVALID_IMAGE;
    }
    made->sharedMarker = (char* (*)())dlsym(made->handle, "aarengen_shared_marker");
    findRange(*made);
    findVariables(*made);
    made->constantBytes = sectionBytes(made->object, constantSection);
    loaded().insert(made);
    size_t index = 0;
    for (auto* entry = (const TableEntry*)dlsym(made->handle, "aarengen_kernels"); entry->name != nullptr; entry++)
        addFunction(*made, *entry, blob.kernels.at(index++).name, blob);
    *module = made;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuModuleLoadData(CUmodule* module, const void* image)
{
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

EMULATOR_API CUresult cuModuleLoad(CUmodule* module, const char* path)
{
    ENTER();
    if (module == nullptr || path == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return CUDA_ERROR_FILE_NOT_FOUND;
    std::string image{std::istreambuf_iterator<char>(file), {}};
    return cuModuleLoadData(module, image.c_str());
}

EMULATOR_API CUresult cuModuleUnload(CUmodule module)
{
    ENTER();
    if (!isHandle(module))
        return CUDA_ERROR_INVALID_HANDLE;
    unload(module);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name)
{
    ENTER();
    if (function == nullptr || name == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(module))
        return CUDA_ERROR_INVALID_HANDLE;
    for (Function* f : module->functions)
        if (f->name == name)
        {
            *function = f;
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_NOT_FOUND;
}

EMULATOR_API CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, CUmodule module, const char* name)
{
    ENTER();
    if (name == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(module))
        return CUDA_ERROR_INVALID_HANDLE;
    for (const Variable& variable : module->variables)
        if (variable.symbol == name)
        {
            if (address != nullptr)
                *address = variable.address;
            if (bytes != nullptr)
                *bytes = variable.bytes;
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_NOT_FOUND;
}

EMULATOR_API CUresult cuFuncGetModule(CUmodule* module, CUfunction function)
{
    ENTER();
    if (module == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    *module = function->module;
    return CUDA_SUCCESS;
}

// Preferences of caches and banks change no result. There are four of the one and three of the other.
EMULATOR_API CUresult cuFuncSetCacheConfig(CUfunction function, unsigned config)
{
    ENTER();
    return !isHandle(function) ? CUDA_ERROR_INVALID_HANDLE : config > 3 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

EMULATOR_API CUresult cuFuncSetSharedMemConfig(CUfunction function, unsigned config)
{
    ENTER();
    return !isHandle(function) ? CUDA_ERROR_INVALID_HANDLE : config > 2 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

EMULATOR_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function)
{
    ENTER();
    if (value == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    switch (attribute)
    {
        case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = (int)function->maxThreads; break;
        case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = (int)function->staticShared; break;
        case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES: *value = (int)function->module->constantBytes; break;
        case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = 0; break;
        case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = function->registers == 0 ? 32 : function->registers; break;
        case CU_FUNC_ATTRIBUTE_PTX_VERSION: *value = function->module->arch; break;
        case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = function->module->arch; break;
        case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA: *value = 0; break;
        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = (int)function->dynamicLimit; break;
        case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *value = -1; break;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value)
{
    ENTER();
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT)
        return value < -1 || value > 100 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 ||
        function->staticShared + (size_t)value > limitsOf(settings().arch).sharedPerBlock)
        return CUDA_ERROR_INVALID_VALUE;
    function->dynamicLimit = (size_t)value;
    return CUDA_SUCCESS;
}
