// What the threads of a block or a warp do together: barriers, votes, shuffles, matrix products.
#include <algorithm>
#include <bit>
#include <cstdio>

#include "checks.h"
#include "worker.h"

namespace
{
enum Barrier : int { plain, count, all, any };
enum Shuffle : int { fromLane, up, down, exclusiveOr };
enum Reduce : int { sum, minUnsigned, minSigned, maxUnsigned, maxSigned, bitAnd, bitOr, bitXor };

const char* name(const Fiber& fiber)
{
    static const char* barriers[] = {"__syncthreads", "__syncthreads_count", "__syncthreads_and", "__syncthreads_or"};
    static const char* shuffles[] = {"__shfl_sync", "__shfl_up_sync", "__shfl_down_sync", "__shfl_xor_sync"};
    switch (fiber.wait)
    {
        case Wait::barrier: return barriers[fiber.waitKind];
        case Wait::syncWarp: return "__syncwarp";
        case Wait::vote: return "a vote (__ballot_sync, __any_sync, __all_sync)";
        case Wait::shuffle: return shuffles[fiber.waitKind];
        case Wait::reduce: return "__reduce_*_sync";
        case Wait::match: return "__match_any_sync";
        case Wait::mmaBf16: return "mma_bf16_16x8x16";
        case Wait::mmaTf32: return "mma_tf32_16x8x8";
        case Wait::matrixRows: return fiber.waitKind != 0 ? "load_matrices_transposed" : "load_matrices";
        default: return "nothing";
    }
}

Finding findingAt(const Worker& w, const Fiber& fiber, const char* kind)
{
    Finding f;
    f.result = CUDA_ERROR_LAUNCH_FAILED;
    f.kind = kind;
    f.block = (unsigned)w.block;
    f.thread = fiber.thread;
    f.line = fiber.line;
    return f;
}

std::string threadList(const std::vector<const Fiber*>& fibers)
{
    std::string text;
    for (size_t i = 0; i < fibers.size() && i < 4; i++)
        text += (i == 0 ? "" : ", ") + std::to_string(fibers[i]->thread);
    if (fibers.size() > 4)
        text += ", ...";
    return (fibers.size() == 1 ? "thread " : std::to_string(fibers.size()) + " threads (") + text + (fibers.size() == 1 ? "" : ")");
}

// Threads that wait at one place, and those that have left.
std::string whoWaitsWhere(const Worker& w)
{
    std::vector<std::pair<std::string, std::vector<const Fiber*>>> places;
    for (unsigned i = 0; i < w.launch->threads; i++)
    {
        const Fiber& fiber = *w.fibers[i];
        std::string place = fiber.exited ? "returned from the kernel"
                                         : "at " + std::string(name(fiber)) + " in line " + std::to_string(fiber.line);
        if (!fiber.exited && fiber.wait != Wait::barrier)
        {
            char mask[32];
            std::snprintf(mask, sizeof mask, ", mask 0x%08x", fiber.mask);
            place += mask;
        }
        auto known = std::find_if(places.begin(), places.end(), [&](auto& p) { return p.first == place; });
        if (known == places.end())
            known = places.insert(places.end(), {place, {}});
        known->second.push_back(&fiber);
    }
    std::string text;
    for (auto& [place, fibers] : places)
        text += (text.empty() ? "" : "; ") + threadList(fibers) + " " + place;
    return text;
}

unsigned lanesWaiting(const Worker& w, unsigned warp, const Fiber& like)
{
    unsigned lanes = 0, waiting = w.warps[warp].waiting;
    for (; waiting != 0; waiting &= waiting - 1)
    {
        unsigned lane = (unsigned)std::countr_zero(waiting);
        const Fiber& fiber = *w.fibers[warp * 32 + lane];
        bool same = fiber.wait == like.wait && fiber.waitKind == like.waitKind && fiber.mask == like.mask && fiber.width == like.width;
        lanes |= same ? 1u << lane : 0;
    }
    return lanes;
}

// ---- what a warp computes together --------------------------------------------------------------------------------------------

void shuffleLanes(Worker& w, Fiber* const* lanes, unsigned group)
{
    uint64_t values[32];
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
        values[std::countr_zero(rest)] = lanes[std::countr_zero(rest)]->value;
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
    {
        int lane = std::countr_zero(rest);
        Fiber& fiber = *lanes[lane];
        int first = lane & ~(fiber.width - 1), last = first + fiber.width - 1;
        int source = lane;
        switch (fiber.waitKind)
        {
            case fromLane: source = first + (fiber.lane & (fiber.width - 1)); break;
            case up: source = lane - fiber.lane < first ? lane : lane - fiber.lane; break;
            case down: source = lane + fiber.lane > last ? lane : lane + fiber.lane; break;
            // Into a lower segment is allowed, into a higher one gives the own value.
            case exclusiveOr: source = (lane ^ fiber.lane) > last ? lane : lane ^ fiber.lane; break;
        }
        source &= 31;
        if (((group >> source) & 1) == 0)
        {
            Finding f = findingAt(w, fiber, "shuffle from a lane that takes no part");
            f.what = "lane " + std::to_string(lane) + " reads lane " + std::to_string(source) + " by " + name(fiber);
            bool named = ((fiber.mask >> source) & 1) != 0;
            f.what += named ? ", which has returned from the kernel or does not exist" : ", which the mask does not name";
            f.fix = "let every lane that is read take part, and name it in the mask";
            fail(w, std::move(f));
        }
        fiber.value = values[source];
    }
}

void voteLanes(Fiber* const* lanes, unsigned group)
{
    unsigned ballot = 0;
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
        ballot |= lanes[std::countr_zero(rest)]->value != 0 ? rest & -rest : 0;
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
        lanes[std::countr_zero(rest)]->value = ballot;
}

unsigned combine(unsigned a, unsigned b, int operation)
{
    switch (operation)
    {
        case sum: return a + b;
        case minUnsigned: return std::min(a, b);
        case minSigned: return (unsigned)std::min((int)a, (int)b);
        case maxUnsigned: return std::max(a, b);
        case maxSigned: return (unsigned)std::max((int)a, (int)b);
        case bitAnd: return a & b;
        case bitOr: return a | b;
        default: return a ^ b;
    }
}

void reduceLanes(Fiber* const* lanes, unsigned group)
{
    int first = std::countr_zero(group), operation = lanes[first]->waitKind;
    unsigned result = (unsigned)lanes[first]->value;
    for (unsigned rest = group & (group - 1); rest != 0; rest &= rest - 1)
        result = combine(result, (unsigned)lanes[std::countr_zero(rest)]->value, operation);
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
        lanes[std::countr_zero(rest)]->value = result;
}

void matchLanes(Fiber* const* lanes, unsigned group)
{
    uint64_t values[32];
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
        values[std::countr_zero(rest)] = lanes[std::countr_zero(rest)]->value;
    for (unsigned rest = group; rest != 0; rest &= rest - 1)
    {
        unsigned same = 0;
        for (unsigned other = group; other != 0; other &= other - 1)
            same |= values[std::countr_zero(other)] == values[std::countr_zero(rest)] ? other & -other : 0;
        lanes[std::countr_zero(rest)]->value = same;
    }
}

// d += a b for a 16 x k and b k x 8; products of narrow numbers are exact in float, so that fused or not makes no difference.
template <int depth>
__attribute__((target_clones("avx2", "default"))) void multiply(float (*d)[8], const float (*a)[depth], const float (*b)[8])
{
    for (int row = 0; row < 16; row++)
        for (int k = 0; k < depth; k++)
            for (int column = 0; column < 8; column++)
                d[row][column] += a[row][k] * b[k][column];
}

float fromBf16(unsigned half) { return std::bit_cast<float>(half << 16); }
float fromTf32(unsigned bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

// The fragments' places in the matrices are those of PTX: lane = 4 g + t holds rows g and g + 8, columns around t.
template <int depth> void multiplyWarp(Fiber* const* lanes)
{
    float a[16][depth], b[depth][8], d[16][8];
    for (int lane = 0; lane < 32; lane++)
    {
        const unsigned* f = lanes[lane]->fragments;
        int g = lane / 4, t = lane % 4;
        for (int i = 0; i < 4; i++)
        {
            int row = g + (i & 1) * 8;
            if constexpr (depth == 16)
            {
                int k = t * 2 + (i >> 1) * 8;
                a[row][k] = fromBf16(f[i] & 0xffff), a[row][k + 1] = fromBf16(f[i] >> 16);
            }
            else
                a[row][t + (i >> 1) * 4] = fromTf32(f[i]);
            d[g + (i >> 1) * 8][t * 2 + (i & 1)] = lanes[lane]->products[i];
        }
        for (int i = 0; i < 2; i++)
        {
            if constexpr (depth == 16)
            {
                int k = t * 2 + i * 8;
                b[k][g] = fromBf16(f[4 + i] & 0xffff), b[k + 1][g] = fromBf16(f[4 + i] >> 16);
            }
            else
                b[t + i * 4][g] = fromTf32(f[4 + i]);
        }
    }
    multiply<depth>(d, a, b);
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++)
            lanes[lane]->products[i] = d[lane / 4 + (i >> 1) * 8][lane % 4 * 2 + (i & 1)];
}

// Lane 8 m + r knows row r of matrix m. Each lane is given the rows that it reads words of: of each matrix one, or two where the matrix is
// transposed.
void exchangeRows(Fiber* const* lanes)
{
    for (int lane = 0; lane < 32; lane++)
    {
        uint64_t* rows = lanes[lane]->rows;
        for (int matrix = 0; matrix < 4; matrix++)
            if (lanes[lane]->waitKind == 0)
                rows[matrix] = lanes[8 * matrix + lane / 4]->value;
            else
                for (int i = 0; i < 2; i++)
                    rows[2 * matrix + i] = lanes[8 * matrix + lane % 4 * 2 + i]->value;
    }
}

// ---- waiting for one another --------------------------------------------------------------------------------------------------

void finishGroup(Worker& w, unsigned warpIndex, unsigned group)
{
    Warp& warp = w.warps[warpIndex];
    Fiber* const* lanes = w.fibers.data() + warpIndex * 32;
    switch (lanes[std::countr_zero(group)]->wait)
    {
        case Wait::shuffle: shuffleLanes(w, lanes, group); break;
        case Wait::vote: voteLanes(lanes, group); break;
        case Wait::reduce: reduceLanes(lanes, group); break;
        case Wait::match: matchLanes(lanes, group); break;
        case Wait::mmaBf16: multiplyWarp<16>(lanes); break;
        case Wait::mmaTf32: multiplyWarp<8>(lanes); break;
        case Wait::matrixRows: exchangeRows(lanes); break;
        default: break;
    }
    warp.waiting &= ~group;
    if (warp.turn < lastTurn)
        warp.turn++;
    w.counters.warpCollectives++;
}

// The lanes that this one waits for, itself included; 0 while some are missing.
unsigned completeGroup(const Worker& w, unsigned warpIndex, const Fiber& fiber)
{
    const Warp& warp = w.warps[warpIndex];
    bool whole = fiber.wait == Wait::mmaBf16 || fiber.wait == Wait::mmaTf32 || fiber.wait == Wait::matrixRows;
    unsigned needed = whole ? 0xffffffffu : fiber.mask & warp.existing & ~warp.exited;
    // All but the last to arrive are spared the look at the others.
    if ((warp.waiting & needed) != needed)
        return 0;
    return (lanesWaiting(w, warpIndex, fiber) & needed) == needed ? needed : 0;
}

// A thread arrives at a collective of its warp and goes on once all others have. Only those of equal wait, kind, mask and width meet.
void meetWarp(Worker& w, Wait wait, int kind, unsigned mask, int width, int line)
{
    Fiber& fiber = *w.fiber;
    unsigned lane = fiber.thread % 32, warpIndex = fiber.thread / 32;
    fiber.wait = wait;
    fiber.waitKind = kind;
    fiber.mask = mask;
    fiber.width = width;
    fiber.line = line;
    if (((mask >> lane) & 1) == 0)
    {
        Finding f = findingAt(w, fiber, "collective without its caller in the mask");
        f.what = "lane " + std::to_string(lane) + " calls " + name(fiber) + " with a mask that does not name it";
        f.fix = "name every lane that takes part in the mask";
        fail(w, std::move(f));
    }
    w.warps[warpIndex].waiting |= 1u << lane;
    unsigned group = completeGroup(w, warpIndex, fiber);
    if (group == 0)
        return suspend(w);
    finishGroup(w, warpIndex, group);
    fiber.wait = Wait::none;
    releaseLanes(w, w.warps[warpIndex], group & ~(1u << lane));
    retag(w);
}

Fiber& fiberOf(Worker& w) { return *w.fiber; }
}

void releaseLanes(Worker& w, Warp& warp, unsigned lanes)
{
    Fiber* const* fibers = w.fibers.data() + (&warp - w.warps) * 32;
    bool descending = w.launch->seed != 0 && (nextRandom(w.random) & 1) != 0;
    for (; lanes != 0;)
    {
        unsigned lane = descending ? 31 - (unsigned)std::countl_zero(lanes) : (unsigned)std::countr_zero(lanes);
        lanes &= ~(1u << lane);
        release(w, *fibers[lane]);
    }
}

void completeWarp(Worker& w, unsigned warpIndex)
{
    Warp& warp = w.warps[warpIndex];
    for (unsigned rest = warp.waiting; rest != 0;)
    {
        const Fiber& fiber = *w.fibers[warpIndex * 32 + (unsigned)std::countr_zero(rest)];
        rest &= ~lanesWaiting(w, warpIndex, fiber);
        if (unsigned group = completeGroup(w, warpIndex, fiber); group != 0)
        {
            finishGroup(w, warpIndex, group);
            releaseLanes(w, warp, group);
        }
    }
}

Finding describeDeadlock(Worker& w)
{
    const Fiber* first = nullptr;
    bool barrier = false;
    for (unsigned i = 0; i < w.launch->threads; i++)
    {
        const Fiber& fiber = *w.fibers[i];
        if (fiber.exited)
            continue;
        // A barrier that is not reached by all is what the reader should look at first.
        if (first == nullptr || (!barrier && fiber.wait == Wait::barrier))
            first = &fiber;
        barrier |= fiber.wait == Wait::barrier;
    }
    Finding f = findingAt(w, *first, barrier ? "divergent barrier" : "divergent warp collective");
    f.what = whoWaitsWhere(w);
    f.fix = barrier ? "let every thread of the block reach the barrier: no return and no condition on the thread before it"
                     : "let every lane that the mask names reach the collective, with the same mask";
    return f;
}

EMULATOR_API int aarengen_barrier(int kind, int predicate, int line)
{
    Worker& w = *current;
    Fiber& fiber = *w.fiber;
    fiber.wait = Wait::barrier;
    fiber.waitKind = kind;
    fiber.line = line;
    fiber.value = (uint64_t)predicate;
    if (++w.barrierArrived < w.launch->threads)
    {
        suspend(w);
        return (int)fiber.value;
    }

    w.barrierArrived = 0;
    unsigned votes = 0;
    for (unsigned i = 0; i < w.launch->threads; i++)
    {
        const Fiber& other = *w.fibers[i];
        votes += other.value != 0;
        if (other.line == line && other.waitKind == kind)
            continue;
        Finding f = findingAt(w, other, "divergent barrier");
        f.what = whoWaitsWhere(w);
        f.fix = "let all threads of the block pass the same barrier: no condition on the thread around it";
        fail(w, std::move(f));
    }
    int result = kind == count ? (int)votes : kind == all ? votes == w.launch->threads : votes != 0;
    nextStretch(w);
    w.counters.barriers++;
    unsigned start = w.launch->seed == 0 ? 0 : (unsigned)(nextRandom(w.random) % w.launch->threads);
    for (unsigned i = 0; i < w.launch->threads; i++)
    {
        unsigned t = start + i;
        Fiber& other = *w.fibers[t < w.launch->threads ? t : t - w.launch->threads];
        other.value = (uint64_t)result;
        if (&other != &fiber)
            release(w, other);
    }
    fiber.wait = Wait::none;
    retag(w);
    return result;
}

EMULATOR_API void aarengen_sync_warp(unsigned mask, int line) { meetWarp(*current, Wait::syncWarp, 0, mask, 32, line); }

EMULATOR_API unsigned aarengen_vote(unsigned mask, int predicate, int line)
{
    fiberOf(*current).value = (uint64_t)predicate;
    meetWarp(*current, Wait::vote, 0, mask, 32, line);
    return (unsigned)fiberOf(*current).value;
}

EMULATOR_API unsigned long long aarengen_shuffle(unsigned long long value, unsigned mask, int mode, int lane, int width, int line)
{
    Fiber& fiber = fiberOf(*current);
    fiber.value = value;
    fiber.lane = lane;
    meetWarp(*current, Wait::shuffle, mode, mask, width, line);
    return fiber.value;
}

EMULATOR_API unsigned aarengen_reduce(unsigned value, unsigned mask, int operation, int line)
{
    fiberOf(*current).value = value;
    meetWarp(*current, Wait::reduce, operation, mask, 32, line);
    return (unsigned)fiberOf(*current).value;
}

EMULATOR_API unsigned aarengen_match(unsigned long long value, unsigned mask, int line)
{
    fiberOf(*current).value = value;
    meetWarp(*current, Wait::match, 0, mask, 32, line);
    return (unsigned)fiberOf(*current).value;
}

EMULATOR_API unsigned aarengen_active_mask()
{
    Worker& w = *current;
    const Warp& warp = w.warps[w.fiber->thread / 32];
    return warp.existing & ~warp.exited;
}

struct Four
{
    float x, y, z, w;
};

static Four product(Wait wait, float* d, unsigned* fragments, int line)
{
    Worker& w = *current;
    w.fiber->products = d;
    w.fiber->fragments = fragments;
    // An aligned instruction is one place in the program for the whole warp: the line stands in for the width.
    meetWarp(w, wait, 0, 0xffffffffu, line, line);
    w.counters.products += w.fiber->thread % 32 == 0;
    return {d[0], d[1], d[2], d[3]};
}

EMULATOR_API Four aarengen_mma_bf16(float d0, float d1, float d2, float d3, unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0,
    unsigned b1, int line)
{
    float d[4] = {d0, d1, d2, d3};
    unsigned fragments[6] = {a0, a1, a2, a3, b0, b1};
    return product(Wait::mmaBf16, d, fragments, line);
}

EMULATOR_API Four aarengen_mma_tf32(float d0, float d1, float d2, float d3, unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0,
    unsigned b1, int line)
{
    float d[4] = {d0, d1, d2, d3};
    unsigned fragments[6] = {a0, a1, a2, a3, b0, b1};
    return product(Wait::mmaTf32, d, fragments, line);
}

EMULATOR_API void aarengen_matrix_rows(const void* row, int isTransposed, unsigned long long* rows, int line)
{
    Worker& w = *current;
    checkMatrixRow(row, __builtin_return_address(0));
    w.fiber->value = (uint64_t)row;
    w.fiber->rows = (uint64_t*)rows;
    meetWarp(w, Wait::matrixRows, isTransposed, 0xffffffffu, line, line);
}

EMULATOR_API void aarengen_trap(int line)
{
    Worker& w = *current;
    w.fiber->line = line;
    Finding f = findingAt(w, *w.fiber, "trap");
    f.what = "the kernel called __trap()";
    f.fix = "find the condition that leads to it";
    fail(w, std::move(f));
}

EMULATOR_API Index3 aarengen_thread_index() { return current->fiber->index; }
EMULATOR_API Index3 aarengen_block_index() { return current->blockIndex; }
EMULATOR_API Index3 aarengen_block_size() { return current->launch->block; }
EMULATOR_API Index3 aarengen_grid_size() { return current->launch->grid; }
