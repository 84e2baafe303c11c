// Workers, fibers and the order in which they run.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <thread>

#include "findings.h"
#include "settings.h"
#include "worker.h"

static Worker idle;
thread_local Worker* current __attribute__((tls_model("initial-exec"))) = &idle;
uint64_t launchFirst[maxWorkers];

// Saves what a call must keep, and goes on where the other stack left off. swapcontext would cost a system call each time.
extern "C" void aarengen_switch(void** save, void* to);
asm(R"(
    .text
    .globl aarengen_switch
    .hidden aarengen_switch
    .type aarengen_switch, @function
aarengen_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size aarengen_switch, . - aarengen_switch
)");

namespace
{
struct Pool
{
    std::mutex mutex;
    std::condition_variable start, finished;
    std::vector<Worker*> workers;
    Launch* launch = nullptr;
    uint64_t generation = 0;
    size_t running = 0;
};

Pool& pool()
{
    // Never destroyed: its threads outlive the library's destructors.
    static auto* only = new Pool;
    return *only;
}

Fiber* popReady(Worker& w)
{
    if (w.readyCount == 0)
        return nullptr;
    w.readyCount--;
    if (w.lastFirst)
        return w.fibers[w.ready[(w.readyHead + w.readyCount) & 1023]];
    Fiber* fiber = w.fibers[w.ready[w.readyHead & 1023]];
    w.readyHead++;
    return fiber;
}

void prepare(Worker& w, Fiber& fiber)
{
    w.fiber = &fiber;
    w.stackLow = fiber.stackLow;
    w.stackBytes = fiber.stackBytes;
    retag(w);
}

void fiberMain()
{
    Worker& w = *current;
    w.launch->function->call(w.launch->function->kernel, w.launch->arguments);

    Fiber& fiber = *w.fiber;
    fiber.exited = true;
    w.exited++;
    Warp& warp = w.warps[fiber.thread / 32];
    warp.exited |= 1u << (fiber.thread % 32);
    if (warp.waiting != 0)
        completeWarp(w, fiber.thread / 32);
    suspend(w);
    __builtin_unreachable();
}

Fiber* makeFiber(unsigned thread)
{
    auto* fiber = new Fiber{};
    size_t bytes = settings().stackBytes;
    void* memory = mmap(nullptr, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, 4096, PROT_NONE) != 0)
    {
        std::fprintf(stderr, "AarenGen emulator: no memory for the stacks of device threads; lower AARENGEN_EMULATOR_THREADS.\n");
        std::abort();
    }
    fiber->thread = thread;
    fiber->stackLow = (uintptr_t)memory + 4096;
    fiber->stackBytes = bytes;
    return fiber;
}

void startFiber(Fiber& fiber, const Launch& launch)
{
    // Tops in different cache sets; equal offsets would evict one another.
    auto** top = (void**)(fiber.stackLow + fiber.stackBytes - (fiber.thread % 32) * 128);
    *--top = nullptr;
    *--top = (void*)&fiberMain;
    top -= 6;
    std::memset(top, 0, 6 * sizeof(void*));
    fiber.stackPointer = top;
    unsigned t = fiber.thread;
    fiber.index = {t % launch.block.x, t / launch.block.x % launch.block.y, t / launch.block.x / launch.block.y};
    fiber.exited = false;
    fiber.wait = Wait::none;
    fiber.spins = 0;
    fiber.openGroup = 0;
    fiber.copies.clear();
}

void* reserveShadow(size_t bytes)
{
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        std::abort();
    return memory;
}

void setAddressable(uint8_t* valid, size_t offset, size_t bytes)
{
    size_t end = offset + bytes;
    while (offset < end && offset % 4 != 0)
        valid[offset / 4] = (uint8_t)((valid[offset / 4] | (0x10u << (offset % 4))) & ~(1u << (offset % 4))), offset++;
    std::memset(valid + offset / 4, 0xf0, (end - offset) / 4);
    offset += (end - offset) / 4 * 4;
    for (; offset < end; offset++)
        valid[offset / 4] = (uint8_t)((valid[offset / 4] | (0x10u << (offset % 4))) & ~(1u << (offset % 4)));
}

void prepareShared(Worker& w, Launch& launch)
{
    Module& module = *launch.function->module;
    w.sharedBase = (uintptr_t)module.sharedMarker() - module.markerOffset;
    w.sharedBytes = module.sharedBytes;
    size_t words = module.sharedBytes / 4 + 8;
    if (w.shadowWords < words)
    {
        if (w.shadowWords != 0)
        {
            munmap(w.sharedValid, w.shadowWords);
            munmap(w.sharedCells, w.shadowWords * sizeof(Cell));
            munmap(w.sharedByteCells, w.shadowWords * 4 * sizeof(Cell));
        }
        w.shadowWords = words;
        w.sharedValid = (uint8_t*)reserveShadow(words);
        w.sharedCells = (Cell*)reserveShadow(words * sizeof(Cell));
        w.sharedByteCells = (Cell*)reserveShadow(words * 4 * sizeof(Cell));
        w.shadowFunction = 0;
    }
    if (w.shadowFunction != launch.function->number || w.shadowDynamic != launch.dynamicShared)
    {
        std::memset(w.sharedValid, 0, words);
        w.shadowFunction = launch.function->number;
        w.shadowDynamic = launch.dynamicShared;
    }
}

// Shared memory starts as NaN, and as never written.
void clearShared(Worker& w, const Launch& launch)
{
    auto clear = [&](size_t offset, size_t bytes)
    {
        std::memset((void*)(w.sharedBase + offset), 0xff, bytes);
        setAddressable(w.sharedValid, offset, bytes);
    };
    for (const SharedArray& array : launch.function->shared)
        clear(array.offset, array.bytes);
    if (launch.function->module->hasDynamic)
        clear(launch.function->module->dynamicOffset, launch.dynamicShared);
}

void shuffle(uint16_t* items, unsigned count, uint64_t& random)
{
    for (unsigned i = count; i > 1; i--)
        std::swap(items[i - 1], items[nextRandom(random) % i]);
}

// Warp by warp, so that neighbours stay close in the caches; the seed shuffles warps, and lanes within them.
void queueThreads(Worker& w, const Launch& launch)
{
    unsigned warps = (launch.threads + 31) / 32;
    uint16_t warpOrder[32], laneOrder[32];
    std::iota(warpOrder, warpOrder + warps, (uint16_t)0);
    std::iota(laneOrder, laneOrder + 32, (uint16_t)0);
    if (launch.seed != 0)
        shuffle(warpOrder, warps, w.random);
    w.readyHead = 0;
    w.readyCount = 0;
    for (unsigned i = 0; i < warps; i++)
    {
        if (launch.seed != 0)
            shuffle(laneOrder, 32, w.random);
        for (unsigned lane : laneOrder)
            if (unsigned thread = warpOrder[i] * 32u + lane; thread < launch.threads)
                w.ready[w.readyCount++] = (uint16_t)thread;
    }
}

void runBlock(Worker& w, Launch& launch, uint64_t block)
{
    w.block = block;
    w.blockIndex = {(unsigned)(block % launch.grid.x), (unsigned)(block / launch.grid.x % launch.grid.y),
        (unsigned)(block / launch.grid.x / launch.grid.y)};
    w.serial++;
    w.blockFirst = (w.number << workerShift) | (w.serial << serialShift);
    w.blockLog.emplace_back(w.serial, block);
    w.exited = 0;
    w.barrierArrived = 0;
    w.aborted = false;
    w.ordered = false;
    w.random = launch.seed * 0x9e3779b97f4a7c15ull + launch.number * 0xd1b54a32d192ed03ull + block;
    w.lastFirst = launch.seed != 0 && (nextRandom(w.random) & 1) != 0;
    while (w.fibers.size() < launch.threads)
        w.fibers.push_back(makeFiber((unsigned)w.fibers.size()));
    for (unsigned i = 0; i < (launch.threads + 31) / 32; i++)
    {
        unsigned lanes = std::min(32u, launch.threads - i * 32);
        w.warps[i] = {lanes == 32 ? 0xffffffffu : (1u << lanes) - 1, 0, 0, 0};
    }
    for (unsigned i = 0; i < launch.threads; i++)
        startFiber(*w.fibers[i], launch);
    queueThreads(w, launch);
    clearShared(w, launch);

    while (Fiber* next = popReady(w))
    {
        prepare(w, *next);
        aarengen_switch(&w.schedulerStack, next->stackPointer);
        if (w.aborted)
            break;
    }
    if (!w.aborted && w.exited != launch.threads && !launch.found.exchange(true))
    {
        launch.finding = describeDeadlock(w);
        launch.stop = true;
    }
    w.fiber = nullptr;
}

void runBlocks(Worker& w, Launch& launch)
{
    w.launch = &launch;
    w.counters = {};
    w.blockLog.clear();
    prepareShared(w, launch);
    while (!launch.stop.load(std::memory_order_relaxed))
    {
        uint64_t i = launch.next.fetch_add(1);
        if (i >= launch.blocks)
            break;
        runBlock(w, launch, (uint64_t)(((unsigned __int128)i * launch.multiplier + launch.increment) % launch.blocks));
    }
    w.launch = nullptr;
}

void work(Worker* w)
{
    current = w;
    Pool& p = pool();
    uint64_t done = 0;
    std::unique_lock lock(p.mutex);
    for (;;)
    {
        p.start.wait(lock, [&] { return p.generation != done; });
        done = p.generation;
        Launch* launch = p.launch;
        lock.unlock();
        runBlocks(*w, *launch);
        lock.lock();
        if (--p.running == 0)
            p.finished.notify_one();
    }
}

void startWorkers(Pool& p)
{
    // The host's runtime must not get its signals on a device thread's stack.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < settings().threads; i++)
    {
        auto* worker = new Worker;
        worker->number = (uint64_t)i;
        p.workers.push_back(worker);
        std::thread(work, worker).detach();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Every block once, in an order that the seed decides.
void orderBlocks(Launch& launch)
{
    launch.multiplier = 1;
    launch.increment = 0;
    if (launch.seed == 0 || launch.blocks < 2)
        return;
    uint64_t random = launch.seed ^ (launch.number << 20);
    launch.increment = nextRandom(random) % launch.blocks;
    do
        launch.multiplier = nextRandom(random) % launch.blocks;
    while (std::gcd(launch.multiplier, launch.blocks) != 1);
}

void startSerials(Pool& p)
{
    bool worn = false;
    for (Worker* w : p.workers)
        worn |= w->serial >> 33 != 0;
    if (worn)
    {
        forgetAccesses();
        for (Worker* w : p.workers)
        {
            w->serial = 0;
            if (w->shadowWords == 0)
                continue;
            madvise(w->sharedCells, w->shadowWords * sizeof(Cell), MADV_DONTNEED);
            madvise(w->sharedByteCells, w->shadowWords * 4 * sizeof(Cell), MADV_DONTNEED);
        }
    }
    for (Worker* w : p.workers)
        launchFirst[w->number] = (w->number << workerShift) | ((w->serial + 1) << serialShift);
}

void waitForWorkers(Pool& p, std::unique_lock<std::mutex>& lock, Launch& launch)
{
    auto finished = [&] { return p.running == 0; };
    double seconds = settings().timeoutSeconds;
    if (seconds <= 0)
        return p.finished.wait(lock, finished);
    if (p.finished.wait_for(lock, std::chrono::duration<double>(seconds), finished))
        return;
    if (!launch.found.exchange(true))
        launch.finding = describeTimeout(launch);
    launch.stop = true;
    arena.hooked = 0;
    bool stopped = p.finished.wait_for(lock, std::chrono::seconds(10), finished);
    arena.hooked = arena.size;
    if (stopped)
        return;
    reportFinding(launch, p.workers);
    std::fprintf(stderr, "AarenGen emulator: the kernel cannot be stopped; the process ends.\n");
    std::abort();
}
}

uint64_t nextRandom(uint64_t& state)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

void suspend(Worker& w)
{
    Fiber& self = *w.fiber;
    if (w.launch->stop.load(std::memory_order_relaxed))
        leaveBlock(w);
    if (Fiber* next = popReady(w))
    {
        if (next == &self)
            return;
        prepare(w, *next);
        aarengen_switch(&self.stackPointer, next->stackPointer);
    }
    else
        aarengen_switch(&self.stackPointer, w.schedulerStack);
}

void release(Worker& w, Fiber& fiber)
{
    fiber.wait = Wait::none;
    w.ready[(w.readyHead + w.readyCount++) & 1023] = (uint16_t)fiber.thread;
}

// Lets the others run first, for a thread that waits for one of them in a loop.
void pauseFiber(Worker& w)
{
    if (w.readyCount == 0)
    {
        if (w.launch->stop.load(std::memory_order_relaxed))
            leaveBlock(w);
        sched_yield();
        return;
    }
    if (w.lastFirst)
        w.ready[--w.readyHead & 1023] = (uint16_t)w.fiber->thread, w.readyCount++;
    else
        w.ready[(w.readyHead + w.readyCount++) & 1023] = (uint16_t)w.fiber->thread;
    suspend(w);
}

void nextStretch(Worker& w)
{
    w.serial++;
    for (unsigned i = 0; i < (w.launch->threads + 31) / 32; i++)
        w.warps[i].turn = 0;
}

void fail(Worker& w, Finding finding)
{
    if (!w.launch->found.exchange(true))
        w.launch->finding = std::move(finding);
    w.launch->stop = true;
    leaveBlock(w);
}

void leaveBlock(Worker& w)
{
    w.aborted = true;
    void* nowhere;
    aarengen_switch(&nowhere, w.schedulerStack);
    __builtin_unreachable();
}

CUresult runLaunch(Launch& launch)
{
    Pool& p = pool();
    std::unique_lock lock(p.mutex);
    if (p.workers.empty())
        startWorkers(p);
    startSerials(p);
    orderBlocks(launch);
    p.launch = &launch;
    p.running = p.workers.size();
    p.generation++;
    p.start.notify_all();
    waitForWorkers(p, lock, launch);

    addLaunch(launch.function->name, launch.blocks * launch.threads);
    for (Worker* w : p.workers)
        addCounters(launch.function->name, w->counters);
    if (!launch.found)
        return CUDA_SUCCESS;
    reportFinding(launch, p.workers);
    return launch.finding.result;
}
