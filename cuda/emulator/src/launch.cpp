// Launches: what the device would refuse, and the copy of the arguments.
#include <cstring>

#include "findings.h"
#include "limits.h"
#include "settings.h"
#include "streams.h"

namespace
{
CUresult checkLimits(const Launch& launch)
{
    const Function& f = *launch.function;
    auto refuse = [&](CUresult result, const std::string& what, const std::string& fix)
    {
        reportRefusal(launch, what, fix);
        return result;
    };
    const Index3 &g = launch.grid, &b = launch.block;
    if (g.x == 0 || g.y == 0 || g.z == 0 || b.x == 0 || b.y == 0 || b.z == 0)
        return refuse(CUDA_ERROR_INVALID_VALUE, "a size of the grid or of the block is zero",
            "launch nothing where there is nothing to do");
    if (g.x > 2147483647 || g.y > 65535 || g.z > 65535)
        return refuse(CUDA_ERROR_INVALID_VALUE, "the grid is larger than 2147483647 x 65535 x 65535", "put the long side into x");
    uint64_t threads = (uint64_t)b.x * b.y * b.z;
    if (b.x > 1024 || b.y > 1024 || b.z > 64 || threads > 1024)
        return refuse(CUDA_ERROR_INVALID_VALUE, "the block is larger than 1024 x 1024 x 64, or than 1024 threads in all",
            "use smaller blocks");
    if (threads > f.maxThreads)
        return refuse(CUDA_ERROR_INVALID_VALUE, std::to_string(threads) + " threads a block, " + std::to_string(f.maxThreads) +
            " by the kernel's __launch_bounds__", "raise the bound or use smaller blocks");
    if (launch.dynamicShared > f.dynamicLimit)
        return refuse(CUDA_ERROR_INVALID_VALUE, std::to_string(launch.dynamicShared) + " bytes of dynamic shared memory beside " +
            std::to_string(f.staticShared) + " static ones, where " + std::to_string(f.dynamicLimit) + " dynamic ones are allowed",
            "raise the limit with cuFuncSetAttribute(MAX_DYNAMIC_SHARED_SIZE_BYTES); sm_" + std::to_string(settings().arch) + " has " +
            std::to_string(limitsOf(settings().arch).sharedPerBlock) + " in all");
    if (f.registers != 0 && registersOfBlock(f.registers, (unsigned)threads) > registersPerMultiprocessor)
        return refuse(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, std::to_string(f.registers) + " registers a thread for " +
            std::to_string(threads) + " threads, more than " + std::to_string(registersPerMultiprocessor) + " in all",
            "use smaller blocks, or bound the registers by __launch_bounds__");
    return CUDA_SUCCESS;
}
}

EMULATOR_API CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
    unsigned blockZ, unsigned sharedBytes, CUstream stream, void** parameters, void** extra)
{
    ENTER();
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    if (extra != nullptr || (parameters == nullptr && !function->parameterBytes.empty()))
        return CUDA_ERROR_INVALID_VALUE;
    Launch limits;
    limits.function = function;
    limits.grid = {gridX, gridY, gridZ};
    limits.block = {blockX, blockY, blockZ};
    limits.dynamicShared = sharedBytes;
    if (CUresult r = checkLimits(limits); r != CUDA_SUCCESS)
        return r;

    Operation operation{};
    operation.task = Task::kernel;
    operation.kernel = {function, limits.grid, limits.block, sharedBytes, {}, {}};
    size_t bytes = 0;
    for (unsigned size : function->parameterBytes)
    {
        operation.kernel.argumentOffsets.push_back(bytes);
        bytes += (size + 15) / 16 * 16;
    }
    operation.kernel.argumentBytes.resize(bytes / 8);
    for (size_t i = 0; i < function->parameterBytes.size(); i++)
    {
        if (parameters[i] == nullptr)
            return CUDA_ERROR_INVALID_VALUE;
        std::memcpy((char*)operation.kernel.argumentBytes.data() + operation.kernel.argumentOffsets[i], parameters[i],
            function->parameterBytes[i]);
    }
    return submit(stream, std::move(operation));
}

struct CUlaunchAttribute
{
    int id;
    char pad[4];
    union
    {
        int cooperative;
        struct { unsigned x, y, z; } cluster;
        char bytes[64];
    } value;
};

struct CUlaunchConfig
{
    unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
    CUstream stream;
    const CUlaunchAttribute* attributes;
    unsigned attributeCount;
};

// Hints are taken and left alone; what would change the meaning of the launch is not supported.
static CUresult checkAttribute(const CUlaunchAttribute& attribute)
{
    switch (attribute.id)
    {
        case 0: case 1: case 3: case 5: case 6: case 8: return CUDA_SUCCESS;   // none, cache, waiting, order of clusters, overlap, priority
        case 2: return attribute.value.cooperative == 0 ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED;
        case 4:
            return attribute.value.cluster.x == 1 && attribute.value.cluster.y == 1 && attribute.value.cluster.z == 1
                ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED;
        case 7: return CUDA_ERROR_NOT_SUPPORTED;                               // an event between dependent launches
        default: return CUDA_ERROR_INVALID_VALUE;
    }
}

EMULATOR_API CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters, void** extra)
{
    ENTER();
    if (config == nullptr || (config->attributeCount > 0 && config->attributes == nullptr))
        return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < config->attributeCount; i++)
        if (CUresult r = checkAttribute(config->attributes[i]); r != CUDA_SUCCESS)
            return r;
    return cuLaunchKernel(function, config->gridX, config->gridY, config->gridZ, config->blockX, config->blockY, config->blockZ,
        config->sharedBytes, config->stream, parameters, extra);
}
