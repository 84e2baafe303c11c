// The hooks that g++ -fsanitize=thread puts before every access, and what they decide.
//
// A word of four bytes has a shadow of one byte (which bytes belong to an allocation, which were written) and a cell of two tags (who
// wrote it last, who read it last). A tag names worker, stretch between barriers, turn between the warp's collectives, and thread; two
// accesses of one word race if one of them writes and neither a barrier, a collective of their common warp nor the end of a launch lies
// between them.
#include "checks.h"

#include <cstring>

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define COLD __attribute__((noinline, cold))
#define CALLER __builtin_return_address(0)

bool globalRaces = true, fencedRaces = false;

namespace
{
enum class Space { global, shared };

const char* name(Space space) { return space == Space::global ? "global" : "shared"; }
const char* name(Access access) { return access == Access::read ? "read" : access == Access::write ? "write" : "atomic"; }

Finding start(Worker& w, CUresult result, std::string kind, uint64_t address, size_t bytes, Access access, const char* space,
    const void* code)
{
    Finding f;
    f.result = result;
    f.kind = std::move(kind);
    f.block = (unsigned)w.block;
    f.thread = w.fiber->thread;
    f.code = code;
    f.address = address;
    f.bytes = bytes;
    f.access = name(access);
    f.space = space;
    return f;
}

// ---- addresses ----------------------------------------------------------------------------------------------------------------

std::string describeShared(const Worker& w, uint64_t address)
{
    size_t offset = address - w.sharedBase;
    const SharedArray* nearest = nullptr;
    size_t distance = ~(size_t)0;
    bool after = true;
    std::vector<SharedArray> arrays = w.launch->function->shared;
    if (w.launch->function->module->hasDynamic)
        arrays.push_back({"dynamic shared memory", w.launch->function->module->dynamicOffset, w.launch->dynamicShared});
    for (const SharedArray& a : arrays)
    {
        size_t d = offset < a.offset ? a.offset - offset : offset < a.offset + a.bytes ? 0 : offset - (a.offset + a.bytes);
        if (d < distance)
            distance = d, nearest = &a, after = offset >= a.offset;
    }
    if (nearest == nullptr)
        return "the kernel has no shared memory";
    std::string array = nearest->name + " (" + std::to_string(nearest->bytes) + " bytes)";
    if (after && offset < nearest->offset + nearest->bytes)
        return "byte " + std::to_string(offset - nearest->offset) + " of " + array;
    return std::to_string(distance) + (after ? " bytes past the end of " : " bytes before ") + array;
}

[[noreturn]] COLD void outOfBounds(Worker& w, uint64_t address, size_t bytes, Access access, const char* space, std::string what,
    const void* code)
{
    Finding f = start(w, CUDA_ERROR_ILLEGAL_ADDRESS, std::string("out-of-bounds ") + name(access), address, bytes, access, space, code);
    f.what = std::move(what);
    f.fix = "guard the index, or make the buffer as large as the launch needs";
    fail(w, std::move(f));
}

[[noreturn]] COLD void misaligned(Worker& w, uint64_t address, size_t bytes, Access access, const char* space, const void* code)
{
    Finding f = start(w, CUDA_ERROR_MISALIGNED_ADDRESS, std::string("misaligned ") + name(access), address, bytes, access, space, code);
    f.what = "an address must be a multiple of the access's size, " + std::to_string(bytes) + " here";
    f.fix = "align the buffer and its offsets, or access smaller elements";
    fail(w, std::move(f));
}

// Which of the two the shadow says: outside, or never written.
[[noreturn]] COLD void invalid(Worker& w, Space space, uint64_t address, size_t bytes, Access access, const void* code)
{
    uintptr_t base = space == Space::global ? arena.base : w.sharedBase;
    const uint8_t* valid = space == Space::global ? arena.valid : w.sharedValid;
    for (uint64_t a = address; a < address + bytes; a++)
    {
        size_t offset = a - base;
        if ((valid[offset / 4] >> (4 + offset % 4)) & 1)
            continue;
        // An access that starts inside and ends outside is told by the byte that is out.
        std::string where = space == Space::global ? describeDeviceAddress(a) : describeShared(w, a);
        if (a != address)
            where = "byte " + std::to_string(a - address) + " of the access is " + where;
        outOfBounds(w, address, bytes, access, name(space), where, code);
    }
    Finding f = start(w, CUDA_ERROR_LAUNCH_FAILED, "read of memory that was never written", address, bytes, access, name(space), code);
    f.what = space == Space::global ? describeDeviceAddress(address) : describeShared(w, address);
    f.fix = space == Space::global ? "fill the buffer first, by a copy, a memset or a kernel"
                                    : "write it first, and pass a barrier; an asynchronous copy has landed only after its wait";
    fail(w, std::move(f));
}

// Neither global nor shared memory nor the thread's own stack: constants, or a mistake. Not marked as noreturn, since it may be right.
COLD void foreign(Worker& w, uint64_t address, size_t bytes, Access access, const void* code)
{
    if (w.fiber == nullptr)
        return;
    if (w.launch->stop.load(std::memory_order_relaxed))
        leaveBlock(w);
    if (address - w.stackLow < w.stackBytes || isModuleAddress(*w.launch->function->module, address, bytes))
        return;
    if (address - arena.base < arena.size)
        return;   // the launch is being stopped
    std::string what = address < 4096 ? "a null pointer"
        : "host memory, another thread's local memory, or no memory at all; " + describeDeviceAddress(address);
    for (Fiber* other : w.fibers)
        if (address - other->stackLow < other->stackBytes)
            what = "local memory of thread " + std::to_string(other->thread) + ", which is no other thread's";
    outOfBounds(w, address, bytes, access, "no", what, code);
}

// What a frame may take, and the hooks after it.
constexpr size_t stackReserve = 24 << 10;

COLD void stackExhausted(Worker& w, const void* code)
{
    if (w.fiber == nullptr)
        return;
    Finding f;
    f.result = CUDA_ERROR_LAUNCH_FAILED;
    f.kind = "stack overflow";
    f.block = (unsigned)w.block;
    f.thread = w.fiber->thread;
    f.code = code;
    f.what = "the thread's calls and local arrays take more than " + std::to_string(w.stackBytes >> 10) + " KiB";
    f.fix = "look for a recursion without end; AARENGEN_EMULATOR_STACK_KB gives more";
    fail(w, std::move(f));
}

// ---- races --------------------------------------------------------------------------------------------------------------------

[[noreturn]] COLD void race(Worker& w, Space space, uint64_t address, size_t bytes, Access access, uint64_t other, Access otherAccess,
    const void* code)
{
    std::string kind = std::string("race in ") + name(space) + " memory";
    Finding f = start(w, CUDA_ERROR_LAUNCH_FAILED, kind, address, bytes, access, name(space), code);
    f.otherTag = other;
    f.otherAccess = name(otherAccess);
    bool sameBlock = space == Space::shared || ((other ^ w.tag) & ~splitMark) >> serialShift == 0;
    f.what = space == Space::global ? describeDeviceAddress(address) : describeShared(w, address);
    f.what += "; no barrier lies between the two accesses";
    f.fix = sameBlock ? "put __syncthreads() between them (__syncwarp() within a warp)"
                       : "let blocks touch different words, split the kernel in two launches, or use an atomic";
    fail(w, std::move(f));
}

// Of one stretch: ordered by the thread itself, or by a collective of the warp that both are in.
inline bool orderedInStretch(uint64_t before, uint64_t now)
{
    uint64_t difference = before ^ now;
    if ((difference & threadMask) == 0)
        return true;
    if ((difference & warpMask) != 0)
        return false;
    return (difference & turnMask) != 0 || (now & turnMask) == turnMask;
}

// Bits above the serial's, without the mark of a split word.
inline uint64_t stretch(uint64_t tag) { return (tag & ~splitMark) >> serialShift; }

enum class Relation { old, sameBlock, sameStretch, otherBlock };

template <Space space> inline Relation relate(const Worker& w, uint64_t before)
{
    if (stretch(before ^ w.tag) == 0)
        return Relation::sameStretch;
    if (space == Space::shared)
        return Relation::old;
    before &= ~splitMark;
    uint64_t worker = before >> workerShift;
    if (before < launchFirst[worker])
        return Relation::old;
    return worker == w.number && before >= w.blockFirst ? Relation::sameBlock : Relation::otherBlock;
}

// A counter or flag, passed by fence and atomic, may order what blocks do; trusted only where the user asked for it.
COLD bool ordersByFence(const Worker& w)
{
    return !globalRaces || (fencedRaces && w.ordered && w.launch->fenced.load(std::memory_order_relaxed));
}

// Blocks on other workers change cells at the same time, so that each tag is read once and then believed.
inline uint64_t load(const uint64_t& tag) { return __atomic_load_n(&tag, __ATOMIC_ACQUIRE); }

template <Space space>
inline void recordRead(Worker& w, Cell& cell, uint64_t writer, size_t unit, uint64_t address, size_t bytes, uint64_t& unique,
    const void* code)
{
    uint64_t tag = w.tag, reader = load(cell.reader);
    Relation wrote = relate<space>(w, writer);
    if (UNLIKELY(wrote == Relation::sameStretch ? !orderedInStretch(writer, tag) : wrote == Relation::otherBlock) &&
        (space == Space::shared || !ordersByFence(w)))
        race(w, space, address, bytes, Access::read, writer, Access::write, code);

    switch (relate<space>(w, reader))
    {
        case Relation::old:
            // Of blocks that come at once, one is the first: a byte is counted once whatever their order.
            if (space == Space::shared
                || __atomic_compare_exchange_n(&cell.reader, &reader, tag, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            {
                unique += unit;
                if (space == Space::shared)
                    cell.reader = tag;
            }
            else
                cell.reader = tag | manyBlocks;
            return;
        case Relation::sameBlock:
            if ((reader & manyBlocks) == 0)
                cell.reader = tag;
            return;
        case Relation::otherBlock:
            // Once two blocks have read it, who they were no longer matters.
            if ((reader & manyBlocks) == 0)
                cell.reader = tag | manyBlocks;
            return;
        case Relation::sameStretch:
            break;
    }
    uint64_t difference = reader ^ tag, marks = reader & (manyWarps | manyBlocks);
    if ((difference & warpMask) != 0)
        marks |= manyWarps;
    else if ((difference & turnMask) == 0)
        marks |= (difference & threadMask) != 0 ? manyLanes : reader & manyLanes;
    cell.reader = tag | marks;
}

template <Space space>
inline void recordWrite(Worker& w, Cell& cell, uint64_t writer, size_t unit, uint64_t address, size_t bytes, uint64_t& unique,
    const void* code)
{
    uint64_t tag = w.tag, reader = load(cell.reader);
    Relation wrote = relate<space>(w, writer);
    if (wrote == Relation::old)
        unique += unit;
    else if (UNLIKELY(wrote == Relation::sameStretch ? !orderedInStretch(writer, tag) : wrote == Relation::otherBlock) &&
        (space == Space::shared || !ordersByFence(w)))
        race(w, space, address, bytes, Access::write, writer, Access::write, code);

    bool raced = false;
    switch (relate<space>(w, reader))
    {
        case Relation::old:
            break;
        case Relation::sameBlock:
            raced = (reader & manyBlocks) != 0;
            break;
        case Relation::otherBlock:
            raced = true;
            break;
        case Relation::sameStretch:
            raced = (reader & (manyWarps | manyBlocks)) != 0 || !orderedInStretch(reader, tag) ||
                ((reader & manyLanes) != 0 && ((reader ^ tag) & turnMask) == 0 && (tag & turnMask) != turnMask);
            break;
    }
    if (UNLIKELY(raced) && (space == Space::shared || !ordersByFence(w)))
        race(w, space, address, bytes, Access::write, reader, Access::read, code);
    cell.writer = tag;
}

// The cell stands for some bytes (the unit) of an access, which a report tells whole.
template <Space space, Access access>
inline void record(Worker& w, Cell& cell, uint64_t writer, size_t unit, uint64_t address, size_t bytes, uint64_t& unique, const void* code)
{
    if (access == Access::read)
        recordRead<space>(w, cell, writer, unit, address, bytes, unique, code);
    else
        recordWrite<space>(w, cell, writer, unit, address, bytes, unique, code);
}

// Parts of a word have cells of their own, so that neighbours in one word (two bf16 values) do not seem to race.
template <Space space, Access access>
__attribute__((noinline)) void recordBytes(Worker& w, size_t offset, size_t count, uint64_t address, size_t bytes, uint64_t& unique,
    const void* code)
{
    Cell& whole = (space == Space::global ? arena.cells : w.sharedCells)[offset / 4];
    Cell* parts = (space == Space::global ? arena.byteCells : w.sharedByteCells) + offset / 4 * 4;
    // In this order, since the mark is set first: a reader's tag that comes with a mark is not the word's.
    Cell before{};
    before.reader = load(whole.reader);
    before.writer = load(whole.writer);
    if ((before.writer & splitMark) == 0)
        for (int i = 0; i < 4; i++)
            parts[i] = before;
    for (size_t i = 0; i < count; i++)
        record<space, access>(w, parts[offset % 4 + i], load(parts[offset % 4 + i].writer), 1, address, bytes, unique, code);
    // The whole's tags now only say when the word was last touched.
    __atomic_store_n(&whole.writer, w.tag | splitMark, __ATOMIC_RELEASE);
    __atomic_store_n(&whole.reader, w.tag, __ATOMIC_RELEASE);
}

template <Space space, Access access>
inline void recordWord(Worker& w, size_t offset, uint64_t address, size_t bytes, uint64_t& unique, const void* code)
{
    Cell& cell = (space == Space::global ? arena.cells : w.sharedCells)[offset / 4];
    uint64_t writer = load(cell.writer);
    if (UNLIKELY((writer & splitMark) != 0))
    {
        if (relate<space>(w, writer) != Relation::old)
            return recordBytes<space, access>(w, offset, 4, address, bytes, unique, code);
        cell.writer = writer = 0;
    }
    record<space, access>(w, cell, writer, 4, address, bytes, unique, code);
}

// ---- one access ---------------------------------------------------------------------------------------------------------------

constexpr int sizeIndex(size_t bytes) { return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : bytes == 8 ? 3 : 4; }

// True if the bytes belong to an allocation and, for a read, were written. Marks a write's bytes as written.
template <size_t bytes, Access access> inline bool validate(uint8_t* valid, size_t offset)
{
    uint8_t* v = valid + offset / 4;
    if constexpr (bytes < 4)
    {
        unsigned low = ((1u << bytes) - 1) << (offset % 4), high = low << 4;
        unsigned wanted = access == Access::read ? low | high : high;
        if (UNLIKELY((*v & wanted) != wanted))
            return false;
        // Another block may write the word's other half at the same time.
        if (access == Access::write && (*v & low) != low)
            __atomic_fetch_or(v, (uint8_t)low, __ATOMIC_RELAXED);
    }
    else
    {
        using Shadow = std::conditional_t<bytes == 4, uint8_t, std::conditional_t<bytes == 8, uint16_t, uint32_t>>;
        Shadow shadow;
        std::memcpy(&shadow, v, sizeof shadow);
        const Shadow full = (Shadow)0xffffffffu, own = (Shadow)0xf0f0f0f0u;
        if (LIKELY(shadow == full))
            return true;
        if (access == Access::read || (shadow & own) != own)
            return false;
        std::memcpy(v, &full, sizeof full);
    }
    return true;
}

template <Space space, size_t bytes, Access access>
inline void check(Worker& w, uint64_t address, size_t offset, Traffic& traffic, const void* code)
{
    if (UNLIKELY((address & (bytes - 1)) != 0))
        misaligned(w, address, bytes, access, name(space), code);
    if (UNLIKELY((!validate<bytes, access>(space == Space::global ? arena.valid : w.sharedValid, offset))))
        invalid(w, space, address, bytes, access, code);
    (access == Access::read ? traffic.loads : traffic.stores)[sizeIndex(bytes)]++;
    uint64_t& unique = access == Access::read ? traffic.uniqueLoadBytes : traffic.uniqueStoreBytes;
    if constexpr (bytes < 4)
        recordBytes<space, access>(w, offset, bytes, address, bytes, unique, code);
    else
        for (size_t i = 0; i < bytes; i += 4)
            recordWord<space, access>(w, offset + i, address, bytes, unique, code);
}

template <size_t bytes, Access access> inline __attribute__((always_inline)) void hook(void* pointer, const void* code)
{
    Worker& w = *current;
    uint64_t address = (uint64_t)pointer;
    if (size_t offset = address - arena.base; offset < arena.hooked)
        check<Space::global, bytes, access>(w, address, offset, w.counters.global, code);
    else if (offset = address - w.sharedBase; offset < w.sharedBytes)
        check<Space::shared, bytes, access>(w, address, offset, w.counters.shared, code);
    else if (address - w.stackLow >= w.stackBytes)
        foreign(w, address, bytes, access, code);
}

template <Space space, Access access> void range(Worker& w, uint64_t address, size_t offset, size_t bytes, const void* code)
{
    uint8_t* valid = space == Space::global ? arena.valid : w.sharedValid;
    Traffic& traffic = space == Space::global ? w.counters.global : w.counters.shared;
    uint64_t& unique = access == Access::read ? traffic.uniqueLoadBytes : traffic.uniqueStoreBytes;
    for (size_t i = 0; i < bytes;)
    {
        if ((offset + i) % 4 == 0 && bytes - i >= 4)
        {
            if (!validate<4, access>(valid, offset + i))
                invalid(w, space, address, bytes, access, code);
            recordWord<space, access>(w, offset + i, address, bytes, unique, code);
            i += 4;
        }
        else
        {
            if (!validate<1, access>(valid, offset + i))
                invalid(w, space, address, bytes, access, code);
            recordBytes<space, access>(w, offset + i, 1, address, bytes, unique, code);
            i++;
        }
    }
    (access == Access::read ? traffic.otherLoads : traffic.otherStores)++;
    (access == Access::read ? traffic.otherLoadBytes : traffic.otherStoreBytes) += bytes;
}

// A volatile access is how kernels poll; it races with nobody, and lets the other threads run now and then.
template <size_t bytes, Access access> void hookVolatile(void* pointer, const void* code)
{
    Worker& w = *current;
    if (w.fiber == nullptr)
        return;
    uint64_t address = (uint64_t)pointer;
    if (access == Access::read)
        checkAtomic(pointer, bytes, access, code);
    else if (size_t offset = address - arena.base; offset < arena.hooked)
    {
        if (!validate<bytes, access>(arena.valid, offset))
            invalid(w, Space::global, address, bytes, access, code);
    }
    else if (offset = address - w.sharedBase; offset < w.sharedBytes)
    {
        if (!validate<bytes, access>(w.sharedValid, offset))
            invalid(w, Space::shared, address, bytes, access, code);
    }
    else
        foreign(w, address, bytes, access, code);
    if (++w.fiber->spins % 64 == 0)
        pauseFiber(w);
}
}

void checkRange(void* pointer, size_t bytes, Access access, const void* code)
{
    Worker& w = *current;
    uint64_t address = (uint64_t)pointer;
    if (bytes == 0 || address - w.stackLow < w.stackBytes)
        return;
    if (size_t offset = address - arena.base; offset < arena.hooked)
        access == Access::read ? range<Space::global, Access::read>(w, address, offset, bytes, code)
                               : range<Space::global, Access::write>(w, address, offset, bytes, code);
    else if (offset = address - w.sharedBase; offset < w.sharedBytes)
        access == Access::read ? range<Space::shared, Access::read>(w, address, offset, bytes, code)
                               : range<Space::shared, Access::write>(w, address, offset, bytes, code);
    else
        foreign(w, address, bytes, access, code);
}

void checkAtomic(void* pointer, size_t bytes, Access access, const void* code)
{
    Worker& w = *current;
    uint64_t address = (uint64_t)pointer;
    if (w.fiber == nullptr || bytes == 0)
        return;
    bool global = address - arena.base < arena.hooked;
    if (!global && address - w.sharedBase >= w.sharedBytes)
        return foreign(w, address, bytes, access, code);
    Space space = global ? Space::global : Space::shared;
    if (address % bytes != 0)
        misaligned(w, address, bytes, access, name(space), code);
    uint8_t* valid = global ? arena.valid : w.sharedValid;
    size_t offset = address - (global ? arena.base : w.sharedBase);
    for (size_t i = 0; i < bytes; i++)
        if (!validate<1, Access::read>(valid, offset + i))
            invalid(w, space, address, bytes, access, code);
}

void checkMatrixRow(const void* row, const void* code)
{
    Worker& w = *current;
    uint64_t address = (uint64_t)row;
    if (address - w.sharedBase >= w.sharedBytes)
        outOfBounds(w, address, 16, Access::read, "no", "the rows of a matrix load must be in shared memory", code);
    if (address % 16 != 0)
        misaligned(w, address, 16, Access::read, "shared", code);
}

void checkCopyStart(void* to, const void* from, int bytes, const void* code)
{
    Worker& w = *current;
    uint64_t target = (uint64_t)to, source = (uint64_t)from;
    size_t offset = target - w.sharedBase;
    if (offset >= w.sharedBytes)
        outOfBounds(w, target, (size_t)bytes, Access::write, "no", "the target of an asynchronous copy must be shared memory", code);
    if (source - arena.base >= arena.hooked)
        outOfBounds(w, source, (size_t)bytes, Access::read, "no", "the source of an asynchronous copy must be global memory", code);
    check<Space::global, 16, Access::read>(w, source, source - arena.base, w.counters.global, code);
    check<Space::shared, 16, Access::write>(w, target, offset, w.counters.shared, code);
    // Whoever reads it before it lands reads something unknown.
    std::memset(w.sharedValid + offset / 4, 0xf0, (size_t)bytes / 4);
    std::memset(to, 0xff, (size_t)bytes);
}

void checkCopyEnd(void* to, int bytes)
{
    Worker& w = *current;
    size_t offset = (uint64_t)to - w.sharedBase;
    uint64_t unused = 0;
    std::memset(w.sharedValid + offset / 4, 0xff, (size_t)bytes / 4);
    for (int i = 0; i < bytes; i += 4)
        recordWord<Space::shared, Access::write>(w, offset + (size_t)i, (uint64_t)to, (size_t)bytes, unused, CALLER);
}

#define HOOKS(bytes)                                                                                                    \
    EMULATOR_API void __tsan_read##bytes(void* p) { hook<bytes, Access::read>(p, CALLER); }                             \
    EMULATOR_API void __tsan_write##bytes(void* p) { hook<bytes, Access::write>(p, CALLER); }                           \
    EMULATOR_API void __tsan_volatile_read##bytes(void* p) { hookVolatile<bytes, Access::read>(p, CALLER); }            \
    EMULATOR_API void __tsan_volatile_write##bytes(void* p) { hookVolatile<bytes, Access::write>(p, CALLER); }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

#define UNALIGNED_HOOKS(bytes)                                                                                          \
    EMULATOR_API void __tsan_unaligned_read##bytes(void* p) { checkRange(p, bytes, Access::read, CALLER); }             \
    EMULATOR_API void __tsan_unaligned_write##bytes(void* p) { checkRange(p, bytes, Access::write, CALLER); }           \
    EMULATOR_API void __tsan_unaligned_volatile_read##bytes(void* p) { checkRange(p, bytes, Access::read, CALLER); }    \
    EMULATOR_API void __tsan_unaligned_volatile_write##bytes(void* p) { checkRange(p, bytes, Access::write, CALLER); }
UNALIGNED_HOOKS(2)
UNALIGNED_HOOKS(4)
UNALIGNED_HOOKS(8)
UNALIGNED_HOOKS(16)

EMULATOR_API void __tsan_read_range(void* p, size_t bytes) { checkRange(p, bytes, Access::read, CALLER); }
EMULATOR_API void __tsan_write_range(void* p, size_t bytes) { checkRange(p, bytes, Access::write, CALLER); }
EMULATOR_API void __tsan_init() {}

// Recursion is the one way to use up a stack whose frames the compiler bounds.
EMULATOR_API void __tsan_func_entry(void*)
{
    Worker& w = *current;
    if (UNLIKELY((uintptr_t)__builtin_frame_address(0) - w.stackLow < stackReserve))
        stackExhausted(w, CALLER);
}

EMULATOR_API void __tsan_func_exit() {}
EMULATOR_API void __tsan_vptr_update(void**, void*) {}
EMULATOR_API void __tsan_vptr_read(void**) {}
