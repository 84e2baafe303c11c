// Streams, events and graphs. Everything is done in the order of the calls, so an event has happened once it is recorded.
#include "streams.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "settings.h"

using Clock = std::chrono::steady_clock;

struct Event
{
    bool timing, recorded = false;
    Clock::time_point time{};
    std::shared_ptr<Capture> capture;
    std::vector<size_t> last;
};

struct GraphNode
{
    Operation operation;
};

struct Graph
{
    std::vector<std::unique_ptr<GraphNode>> nodes;
};

struct GraphExec
{
    std::vector<Operation> operations;
};

namespace
{
Stream& legacyStream()
{
    static auto* only = new Stream;
    return *only;
}

std::vector<std::shared_ptr<Capture>>& captures()
{
    static auto* open = new std::vector<std::shared_ptr<Capture>>;
    return *open;
}

uint64_t& launchNumber()
{
    static uint64_t number = 0;
    return number;
}

CUresult runKernel(KernelCall& call)
{
    // A graph may outlive the module.
    if (!isHandle(call.function))
        return CUDA_ERROR_INVALID_HANDLE;
    Launch launch;
    launch.function = call.function;
    launch.grid = call.grid;
    launch.block = call.block;
    launch.threads = call.block.x * call.block.y * call.block.z;
    launch.dynamicShared = call.dynamicShared;
    std::vector<void*> arguments;
    for (size_t offset : call.argumentOffsets)
        arguments.push_back((char*)call.argumentBytes.data() + offset);
    launch.arguments = arguments.data();
    launch.number = ++launchNumber();
    launch.seed = settings().seed;
    launch.blocks = (uint64_t)call.grid.x * call.grid.y * call.grid.z;
    CUresult result = runLaunch(launch);
    if (result != CUDA_SUCCESS)
        currentContext->broken = result;
    return result;
}

CUresult run(Operation& o)
{
    switch (o.task)
    {
        case Task::kernel:
            return runKernel(o.kernel);
        case Task::toDevice:
            std::memcpy((void*)o.to, (const void*)o.from, o.bytes);
            markWritten(o.to, o.bytes);
            break;
        case Task::toHost:
            std::memcpy((void*)o.to, (const void*)o.from, o.bytes);
            break;
        case Task::onDevice:
            copyDevice(o.to, o.from, o.bytes);
            break;
        case Task::onHost:
            std::memmove((void*)o.to, (const void*)o.from, o.bytes);
            break;
        case Task::hostFunction:
            ((void (*)(void*))o.to)((void*)o.from);
            break;
        case Task::fill8:
            std::memset((void*)o.to, (int)o.value, o.bytes);
            markWritten(o.to, o.bytes);
            break;
        case Task::fill16:
            std::fill_n((uint16_t*)o.to, o.bytes / 2, (uint16_t)o.value);
            markWritten(o.to, o.bytes);
            break;
        case Task::fill32:
            std::fill_n((unsigned*)o.to, o.bytes / 4, o.value);
            markWritten(o.to, o.bytes);
            break;
    }
    return CUDA_SUCCESS;
}

void addTo(std::vector<size_t>& nodes, const std::vector<size_t>& more)
{
    for (size_t node : more)
        if (std::find(nodes.begin(), nodes.end(), node) == nodes.end())
            nodes.push_back(node);
}

void leaveCapture(const std::shared_ptr<Capture>& capture)
{
    capture->over = true;
    for (Stream* stream : capture->streams)
        stream->capture = nullptr, stream->last.clear();
    captures().erase(std::find(captures().begin(), captures().end(), capture));
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED)
        capture->context->capturing--;
}

CUresult requireNoCapture(Stream& stream)
{
    if (stream.capture == nullptr)
        return CUDA_SUCCESS;
    stream.capture->invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}
}

Stream* streamOf(CUstream handle)
{
    // Null, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD.
    if ((uintptr_t)handle <= 2)
        return &legacyStream();
    return isHandle(handle) ? handle : nullptr;
}

CUresult refuseWhileCapturing()
{
    if (currentContext->capturing == 0)
        return CUDA_SUCCESS;
    for (auto& capture : captures())
        capture->invalid |= capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult submit(CUstream handle, Operation operation)
{
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (stream == &legacyStream())
        for (auto& capture : captures())
            if (capture->origin->blocking)
            {
                capture->invalid = true;
                return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
            }
    if (stream->capture == nullptr)
        return run(operation);
    Capture& capture = *stream->capture;
    if (capture.invalid)
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    for (size_t node : stream->last)
        capture.hasSuccessor[node] = true;
    stream->last = {capture.operations.size()};
    capture.operations.push_back(std::move(operation));
    capture.hasSuccessor.push_back(false);
    return CUDA_SUCCESS;
}

// ---- streams ------------------------------------------------------------------------------------------------------------------

static void destroyStream(void* handle)
{
    auto* stream = (Stream*)handle;
    if (auto capture = stream->capture; capture != nullptr)
        leaveCapture(capture);
    take(stream);
}

EMULATOR_API CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority)
{
    ENTER();
    if (stream == nullptr || flags > 1)
        return CUDA_ERROR_INVALID_VALUE;
    *stream = give(new Stream, destroyStream);
    (*stream)->blocking = flags == 0;
    (*stream)->priority = std::clamp(priority, highestPriority, 0);
    (*stream)->context = currentContext;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamCreate(CUstream* stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

EMULATOR_API CUresult cuStreamDestroy_v2(CUstream stream)
{
    ENTER();
    if (!isHandle(stream))
        return CUDA_ERROR_INVALID_HANDLE;
    destroyStream(stream);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamGetPriority(CUstream handle, int* priority)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (priority == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *priority = stream->priority;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamGetFlags(CUstream handle, unsigned* flags)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (flags == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *flags = stream->blocking ? 0 : 1;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamGetCtx(CUstream handle, CUcontext* context)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (context == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *context = stream == &legacyStream() ? currentContext : stream->context;
    return CUDA_SUCCESS;
}

// 0: no capture, 1: a capture, 2: a capture that an error has spoiled.
EMULATOR_API CUresult cuStreamIsCapturing(CUstream handle, int* status)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (status == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *status = stream->capture == nullptr ? 0 : stream->capture->invalid ? 2 : 1;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* data)
{
    ENTER();
    if (function == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    Operation operation{};
    operation.task = Task::hostFunction;
    operation.to = (uint64_t)function;
    operation.from = (uint64_t)data;
    return submit(stream, std::move(operation));
}

EMULATOR_API CUresult cuStreamSynchronize(CUstream handle)
{
    ENTER();
    Stream* stream = streamOf(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : requireNoCapture(*stream);
}

EMULATOR_API CUresult cuStreamQuery(CUstream handle)
{
    ENTER();
    Stream* stream = streamOf(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : requireNoCapture(*stream);
}

EMULATOR_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr || !isHandle(event))
        return CUDA_ERROR_INVALID_HANDLE;
    bool captured = event->capture != nullptr && !event->capture->over;
    if (!captured)
        return stream->capture == nullptr ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    if (stream == &legacyStream() || (stream->capture != nullptr && stream->capture != event->capture))
        return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    if (stream->capture == nullptr)
    {
        stream->capture = event->capture;
        stream->capture->streams.push_back(stream);
        stream->last.clear();
    }
    addTo(stream->last, event->last);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamBeginCapture_v2(CUstream handle, int mode)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL || mode > CU_STREAM_CAPTURE_MODE_RELAXED)
        return CUDA_ERROR_INVALID_VALUE;
    if (stream == &legacyStream() || stream->capture != nullptr)
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    stream->capture = std::make_shared<Capture>();
    stream->capture->origin = stream;
    stream->capture->mode = mode;
    stream->capture->context = currentContext;
    stream->capture->streams.push_back(stream);
    stream->last.clear();
    captures().push_back(stream->capture);
    if (mode != CU_STREAM_CAPTURE_MODE_RELAXED)
        currentContext->capturing++;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (graph == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *graph = nullptr;
    std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (capture->origin != stream)
        return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    std::vector<size_t> last = stream->last;
    leaveCapture(capture);
    if (capture->invalid)
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    for (size_t i = 0; i < capture->operations.size(); i++)
        if (!capture->hasSuccessor[i] && std::find(last.begin(), last.end(), i) == last.end())
            return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    *graph = give(new Graph);
    for (Operation& operation : capture->operations)
        (*graph)->nodes.push_back(std::make_unique<GraphNode>(GraphNode{std::move(operation)}));
    return CUDA_SUCCESS;
}

// ---- graphs -------------------------------------------------------------------------------------------------------------------

EMULATOR_API CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count)
{
    ENTER();
    if (!isHandle(graph) || count == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    for (size_t i = 0; nodes != nullptr && i < *count; i++)
        nodes[i] = i < graph->nodes.size() ? graph->nodes[i].get() : nullptr;
    *count = nodes == nullptr ? graph->nodes.size() : std::min(*count, graph->nodes.size());
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long)
{
    ENTER();
    if (exec == nullptr || !isHandle(graph))
        return CUDA_ERROR_INVALID_VALUE;
    *exec = give(new GraphExec);
    for (auto& node : graph->nodes)
        (*exec)->operations.push_back(node->operation);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream handle)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (!isHandle(exec) || stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture != nullptr)
        return CUDA_ERROR_NOT_SUPPORTED;
    for (Operation& operation : exec->operations)
        if (CUresult r = run(operation); r != CUDA_SUCCESS)
            return r;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuGraphDestroy(CUgraph graph)
{
    ENTER();
    if (!isHandle(graph))
        return CUDA_ERROR_INVALID_VALUE;
    take(graph);
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuGraphExecDestroy(CUgraphExec exec)
{
    ENTER();
    if (!isHandle(exec))
        return CUDA_ERROR_INVALID_VALUE;
    take(exec);
    return CUDA_SUCCESS;
}

// ---- events -------------------------------------------------------------------------------------------------------------------

EMULATOR_API CUresult cuEventCreate(CUevent* event, unsigned flags)
{
    ENTER();
    if (event == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    *event = give(new Event{});
    (*event)->timing = (flags & CU_EVENT_DISABLE_TIMING) == 0;
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuEventRecord(CUevent event, CUstream handle)
{
    ENTER();
    Stream* stream = streamOf(handle);
    if (!isHandle(event) || stream == nullptr)
        return CUDA_ERROR_INVALID_HANDLE;
    event->capture = stream->capture;
    event->last = stream->last;
    event->recorded = stream->capture == nullptr;
    event->time = Clock::now();
    return CUDA_SUCCESS;
}

// The flag 1 (external) has a meaning in captures alone, where it makes a node that this emulator does not record.
EMULATOR_API CUresult cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags)
{
    if (flags > 1)
        return CUDA_ERROR_INVALID_VALUE;
    return flags == 1 && isHandle(stream) && stream->capture != nullptr ? CUDA_ERROR_NOT_SUPPORTED : cuEventRecord(event, stream);
}

static CUresult requireEvent(CUevent event)
{
    if (!isHandle(event))
        return CUDA_ERROR_INVALID_HANDLE;
    if (event->capture == nullptr)
        return CUDA_SUCCESS;
    event->capture->invalid = true;
    return CUDA_ERROR_CAPTURED_EVENT;
}

EMULATOR_API CUresult cuEventSynchronize(CUevent event)
{
    ENTER();
    return requireEvent(event);
}

EMULATOR_API CUresult cuEventQuery(CUevent event)
{
    ENTER();
    return requireEvent(event);
}

EMULATOR_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end)
{
    ENTER();
    if (milliseconds == nullptr)
        return CUDA_ERROR_INVALID_VALUE;
    if (!isHandle(start) || !isHandle(end) || !start->timing || !end->timing || !start->recorded || !end->recorded)
        return CUDA_ERROR_INVALID_HANDLE;
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return CUDA_SUCCESS;
}

EMULATOR_API CUresult cuEventDestroy_v2(CUevent event)
{
    ENTER();
    if (!isHandle(event))
        return CUDA_ERROR_INVALID_HANDLE;
    take(event);
    return CUDA_SUCCESS;
}
