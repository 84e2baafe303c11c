// How many blocks fit on a multiprocessor, by threads, shared memory and, where a table gives them, registers.
#include <algorithm>

#include "driver.h"
#include "limits.h"
#include "module.h"
#include "settings.h"

namespace
{
int activeBlocks(const Function& function, int blockSize, size_t dynamicShared)
{
    const Limits& limits = limitsOf(settings().arch);
    if (blockSize > (int)function.maxThreads || dynamicShared > function.dynamicLimit)
        return 0;
    int warps = (blockSize + 31) / 32;
    int count = std::min(limits.blocksPerMultiprocessor, limits.threadsPerMultiprocessor / 32 / warps);
    if (size_t shared = function.staticShared + dynamicShared + limits.reservedShared; shared > 0)
        count = std::min(count, (int)(limits.sharedPerMultiprocessor / shared));
    if (function.registers != 0)
        count = std::min(count, registersPerMultiprocessor / registersOfBlock(function.registers, (unsigned)blockSize));
    return count;
}
}

EMULATOR_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int blockSize,
    size_t dynamicShared, unsigned flags)
{
    ENTER();
    if (blocks == nullptr || blockSize <= 0 || flags > 1)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    *blocks = activeBlocks(*function, blockSize, dynamicShared);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int blockSize, size_t dynamicShared)
{
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize, dynamicShared, 0);
}

// The largest block among those that keep the most threads on a multiprocessor, and the grid that fills the device with such blocks.
EMULATOR_API CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* gridSize, int* blockSize, CUfunction function,
    size_t (*sharedOfBlock)(int), size_t dynamicShared, int limit, unsigned flags)
{
    ENTER();
    if (gridSize == nullptr || blockSize == nullptr || limit < 0 || flags > 1)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    int largest = (int)function->maxThreads;
    if (limit > 0)
        largest = std::min(largest, limit);
    int bestThreads = 0;
    *gridSize = *blockSize = 0;
    for (int size = largest; size > 0; size = (size - 1) / 32 * 32)
    {
        int blocks = activeBlocks(*function, size, sharedOfBlock == nullptr ? dynamicShared : sharedOfBlock(size));
        if (blocks * size <= bestThreads)
            continue;
        bestThreads = blocks * size;
        *blockSize = size;
        *gridSize = blocks * limitsOf(settings().arch).multiprocessors;
    }
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuOccupancyMaxPotentialBlockSize(int* gridSize, int* blockSize, CUfunction function, size_t (*sharedOfBlock)(int),
    size_t dynamicShared, int limit)
{
    return cuOccupancyMaxPotentialBlockSizeWithFlags(gridSize, blockSize, function, sharedOfBlock, dynamicShared, limit, 0);
}

// What dynamic shared memory each of so many blocks may take.
EMULATOR_API CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, CUfunction function, int blocks, int blockSize)
{
    ENTER();
    if (bytes == nullptr || blocks <= 0 || blockSize <= 0)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(function))
        return CUDA_ERROR_INVALID_HANDLE;
    const Limits& limits = limitsOf(settings().arch);
    size_t share = limits.sharedPerMultiprocessor / (size_t)blocks, taken = function->staticShared + limits.reservedShared;
    *bytes = std::min(share > taken ? share - taken : 0, limits.sharedPerBlock - function->staticShared);
    return CUDA_SUCCESS;
}
