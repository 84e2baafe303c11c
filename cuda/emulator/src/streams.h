// Work that streams take: done at once, or recorded for a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "driver.h"
#include "worker.h"

struct KernelCall
{
    Function* function;
    Index3 grid, block;
    size_t dynamicShared;
    std::vector<uint64_t> argumentBytes;   // each argument aligned to 16
    std::vector<size_t> argumentOffsets;
};

enum class Task { kernel, toDevice, toHost, onDevice, onHost, fill8, fill16, fill32, hostFunction };

struct Operation
{
    Task task;
    KernelCall kernel;
    uint64_t to = 0, from = 0;
    size_t bytes = 0;
    unsigned value = 0;
};

struct Capture
{
    Stream* origin;
    CUcontext context;
    int mode;
    bool invalid = false, over = false;
    std::vector<Operation> operations;
    std::vector<bool> hasSuccessor;
    std::vector<Stream*> streams;
};

inline constexpr int highestPriority = -5;   // the default is 0, the lowest

struct Stream
{
    CUcontext context = nullptr;
    int priority = 0;
    bool blocking = true;              // waits for the legacy stream, and it for this
    std::shared_ptr<Capture> capture;
    std::vector<size_t> last;          // what the next operation would depend on
};

// Runs or records it; either way it has been checked before.
CUresult submit(CUstream stream, Operation operation);

// Null for a handle that is no stream.
Stream* streamOf(CUstream handle);

// Spoils the captures that forbid calls like malloc or a synchronous copy, and says so.
CUresult refuseWhileCapturing();
