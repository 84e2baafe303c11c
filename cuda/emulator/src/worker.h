// A worker is a thread of the host that runs blocks; the threads of a block are fibers on it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "counters.h"
#include "memory.h"
#include "module.h"

struct Index3
{
    unsigned x, y, z;
};

// A tag says who accessed a word and when, in one number that a hook compares:
//   bits 57..62  worker
//   bits 23..56  serial: a stretch of one block between two barriers, never used twice by a worker
//   bits 13..22  turn: how many collectives the thread's warp has passed in this stretch
//   bits 10..12  marks of a reader: others of its warp, other warps, other blocks have read the word as well
//   bits  0..9   thread
// Bit 63 of a writer marks a word that is kept by the byte.
constexpr uint64_t threadMask = 0x3ff;
constexpr uint64_t warpMask = 0x3e0;
constexpr uint64_t manyLanes = 1ull << 10, manyWarps = 1ull << 11, manyBlocks = 1ull << 12;
constexpr int turnShift = 13;
constexpr uint64_t lastTurn = 0x3ff;
constexpr uint64_t turnMask = lastTurn << turnShift;
constexpr int serialShift = 23;
constexpr int workerShift = 57;
constexpr uint64_t splitMark = 1ull << 63;
constexpr int maxWorkers = 64;

enum class Wait : uint8_t
{
    none, barrier, syncWarp, vote, shuffle, reduce, match, mmaBf16, mmaTf32, matrixRows,
};

struct PendingCopy
{
    void* to;
    const void* from;
    int bytes;
    int group;
};

struct Fiber
{
    void* stackPointer;
    uintptr_t stackLow;
    size_t stackBytes;
    unsigned thread;              // within the block
    Index3 index;
    bool exited;
    Wait wait;
    int waitKind;                 // barrier's or shuffle's variant
    int line;
    unsigned mask;
    uint64_t value;
    int lane, width;
    float* products;              // d, and the fragments behind it
    unsigned* fragments;
    uint64_t* rows;               // of other lanes, by a matrix load
    unsigned spins;
    int openGroup;                // of asynchronous copies
    std::vector<PendingCopy> copies;
};

struct Warp
{
    unsigned existing, exited, waiting;   // lanes
    uint64_t turn;
};

// What a check found; put into words once every worker rests.
struct Finding
{
    CUresult result;
    std::string kind, what, fix;
    bool hasThread = true;
    unsigned block, thread;
    const void* code = nullptr;   // where
    int line = 0;
    uint64_t address = 0;
    size_t bytes = 0;
    const char* access = nullptr; // "read", "write", ...
    const char* space = nullptr;
    uint64_t otherTag = 0;        // of the other side of a race
    const char* otherAccess = nullptr;
};

struct Launch
{
    Function* function;
    Index3 grid, block;
    unsigned threads;             // a block
    size_t dynamicShared;
    void** arguments;
    uint64_t number, seed;
    uint64_t blocks;
    uint64_t multiplier, increment;   // the order of blocks: (i * multiplier + increment) mod blocks
    std::atomic<uint64_t> next{0};
    std::atomic<bool> stop{false}, found{false};
    std::atomic<bool> fenced{false};
    Finding finding;
};

struct Worker
{
    // What every hook reads comes first.
    uint64_t tag = 0;
    uintptr_t stackLow = 0;
    size_t stackBytes = 0;
    uintptr_t sharedBase = 0;
    size_t sharedBytes = 0;
    uint8_t* sharedValid = nullptr;
    Cell* sharedCells = nullptr;
    Cell* sharedByteCells = nullptr;
    uint64_t blockFirst = 0;      // tags below it, of this worker, are from earlier blocks
    Counters counters{};

    Fiber* fiber = nullptr;
    Launch* launch = nullptr;
    void* schedulerStack = nullptr;
    uint64_t number = 0, serial = 0;
    uint64_t block = 0;           // linear
    Index3 blockIndex{};
    unsigned exited = 0, barrierArrived = 0;
    bool aborted = false;
    bool ordered = false;         // the block has executed an atomic or a fence: see "fenced" races
    bool lastFirst = false;       // which released thread runs first
    uint64_t random = 0;
    std::vector<Fiber*> fibers;
    Warp warps[32]{};
    uint16_t ready[1024]{};
    unsigned readyHead = 0, readyCount = 0;
    size_t shadowWords = 0;
    uint64_t shadowFunction = 0;  // whose arrays the shadow of shared memory shows
    size_t shadowDynamic = 0;
    std::vector<std::pair<uint64_t, uint64_t>> blockLog;   // first serial -> block, of this launch
};

// Never null: a thread that runs no kernel has an idle worker, on which every hook takes the slow way.
extern thread_local Worker* current __attribute__((tls_model("initial-exec")));

// Tags of a worker below its entry are from earlier launches.
extern uint64_t launchFirst[maxWorkers];

inline void retag(Worker& worker)
{
    worker.tag = (worker.number << workerShift) | (worker.serial << serialShift) |
        (worker.warps[worker.fiber->thread / 32].turn << turnShift) | worker.fiber->thread;
}

// Scheduling, of use to collectives. A fiber that waits calls suspend and returns when another has released it.
void suspend(Worker& worker);
void release(Worker& worker, Fiber& fiber);
void pauseFiber(Worker& worker);
uint64_t nextRandom(uint64_t& state);
void nextStretch(Worker& worker);
void releaseLanes(Worker& worker, Warp& warp, unsigned lanes);

// A warp whose lane has exited may wait for nobody any more.
void completeWarp(Worker& worker, unsigned warp);

// Words for what the threads of a block wait for, when none can go on.
Finding describeDeadlock(Worker& worker);

// Stops the launch. The first finding counts.
[[noreturn]] void fail(Worker& worker, Finding finding);
[[noreturn]] void leaveBlock(Worker& worker);

// Runs a launch to its end and reports what was found.
CUresult runLaunch(Launch& launch);
