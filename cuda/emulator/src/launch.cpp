// Launches: what the device would refuse, and the copy of the arguments.
#include <algorithm>
#include <cstring>

#include "findings.h"
#include "limits.h"
#include "settings.h"
#include "streams.h"

namespace
{
// A register file is given out to warps in pieces of 256.
int registersOfBlock(int registers, unsigned threads) { return (registers * 32 + 255) / 256 * 256 * (int)((threads + 31) / 32); }

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

EMULATOR_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int blockSize, size_t dynamicShared)
{
    ENTER();
    if (blocks == nullptr || blockSize <= 0)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    const Limits& limits = limitsOf(settings().arch);
    *blocks = 0;
    if (blockSize > (int)function->maxThreads || dynamicShared > function->dynamicLimit)
        return CUDA_SUCCESS;
    int warps = (blockSize + 31) / 32;
    int count = std::min(limits.blocksPerMultiprocessor, limits.threadsPerMultiprocessor / 32 / warps);
    if (size_t shared = function->staticShared + dynamicShared + limits.reservedShared; shared > 0)
        count = std::min(count, (int)(limits.sharedPerMultiprocessor / shared));
    if (function->registers != 0)
        count = std::min(count, registersPerMultiprocessor / registersOfBlock(function->registers, (unsigned)blockSize));
    *blocks = count;
    return CUDA_SUCCESS;
}
