#include "memory.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <sys/mman.h>

#include "settings.h"

Arena arena;

namespace
{
constexpr size_t alignment = 512;
constexpr size_t redZone = 512;         // between allocations, so that a small overrun hits nobody

std::map<size_t, size_t> allocations;   // offset -> bytes asked for
std::deque<std::pair<size_t, size_t>> freed;
size_t cursor;
size_t used;

size_t span(size_t bytes) { return (bytes + redZone + alignment - 1) / alignment * alignment; }

void* reserve(size_t bytes)
{
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
    {
        std::fprintf(stderr, "AarenGen emulator: cannot reserve %zu bytes of address space; lower AARENGEN_EMULATOR_MEMORY_MB.\n", bytes);
        std::abort();
    }
    return memory;
}

// The first gap at or after start that takes the bytes.
bool findGap(size_t start, size_t limit, size_t bytes, size_t& offset)
{
    size_t at = start;
    auto next = allocations.lower_bound(start);
    if (next != allocations.begin())
    {
        auto before = std::prev(next);
        at = std::max(at, before->first + span(before->second));
    }
    for (; next != allocations.end() && next->first < limit; ++next)
    {
        if (at + span(bytes) <= next->first)
        {
            offset = at;
            return true;
        }
        at = next->first + span(next->second);
    }
    offset = at;
    return at + span(bytes) <= limit;
}

void discard(void* memory, size_t bytes)
{
    uintptr_t first = ((uintptr_t)memory + 4095) & ~(uintptr_t)4095, last = ((uintptr_t)memory + bytes) & ~(uintptr_t)4095;
    if (first < last)
        madvise((void*)first, last - first, MADV_DONTNEED);
}
}

void openArena()
{
    if (arena.base != 0)
        return;
    // Twice the memory in addresses, so that freed ranges rest a while before they are used again.
    arena.size = (settings().memoryBytes * 2 + (64 << 20)) & ~(size_t)4095;
    arena.base = (uintptr_t)reserve(arena.size);
    arena.valid = (uint8_t*)reserve(arena.size / 4 + 16);
    arena.cells = (Cell*)reserve(arena.size / 4 * sizeof(Cell));
    arena.byteCells = (Cell*)reserve(arena.size * sizeof(Cell));
    arena.hooked = arena.size;
    cursor = alignment;
}

CUresult allocateDevice(CUdeviceptr* address, size_t bytes)
{
    if (bytes == 0)
        return CUDA_ERROR_INVALID_VALUE;
    size_t offset;
    if (bytes > settings().memoryBytes || used + bytes > settings().memoryBytes)
        return CUDA_ERROR_OUT_OF_MEMORY;
    if (!findGap(cursor, arena.size, bytes, offset) && !findGap(alignment, arena.size, bytes, offset))
        return CUDA_ERROR_OUT_OF_MEMORY;
    allocations[offset] = bytes;
    cursor = offset + span(bytes);
    used += bytes;
    std::memset((void*)(arena.base + offset), 0xff, bytes);
    std::memset(arena.valid + offset / 4, 0xf0, bytes / 4);
    if (bytes % 4 != 0)
        arena.valid[(offset + bytes) / 4] = (uint8_t)(((1u << (bytes % 4)) - 1) << 4);
    *address = arena.base + offset;
    return CUDA_SUCCESS;
}

CUresult freeDevice(CUdeviceptr address)
{
    if (address == 0)
        return CUDA_SUCCESS;
    auto found = allocations.find((size_t)(address - arena.base));
    if (found == allocations.end())
        return CUDA_ERROR_INVALID_VALUE;
    auto [offset, bytes] = *found;
    size_t words = (bytes + 3) / 4;
    allocations.erase(found);
    used -= bytes;
    std::memset(arena.valid + offset / 4, 0, words);
    discard((void*)(arena.base + offset), bytes);
    discard(arena.cells + offset / 4, words * sizeof(Cell));
    discard(arena.byteCells + offset, words * 4 * sizeof(Cell));
    freed.emplace_front(offset, bytes);
    if (freed.size() > 256)
        freed.pop_back();
    return CUDA_SUCCESS;
}

size_t freeDeviceBytes() { return settings().memoryBytes - used; }

bool findAllocation(uint64_t address, uint64_t& start, size_t& bytes)
{
    uint64_t offset = address - arena.base;
    if (offset >= arena.size)
        return false;
    auto next = allocations.upper_bound(offset);
    if (next == allocations.begin())
        return false;
    auto owner = std::prev(next);
    start = arena.base + owner->first;
    bytes = owner->second;
    return offset < owner->first + owner->second;
}

bool isDeviceRange(uint64_t address, size_t bytes)
{
    uint64_t start;
    size_t size;
    return findAllocation(address, start, size) && bytes <= start + size - address;
}

void setWritten(uint8_t* valid, size_t offset, size_t bytes)
{
    size_t end = offset + bytes;
    while (offset < end && offset % 4 != 0)
        valid[offset / 4] |= (uint8_t)(1u << (offset % 4)), offset++;
    std::memset(valid + offset / 4, 0xff, (end - offset) / 4);
    offset += (end - offset) / 4 * 4;
    for (; offset < end; offset++)
        valid[offset / 4] |= (uint8_t)(1u << (offset % 4));
}

void markWritten(uint64_t address, size_t bytes)
{
    if (isArena(address))
        setWritten(arena.valid, (size_t)(address - arena.base), bytes);
}

// What was never written stays so in the copy.
void copyDevice(uint64_t to, uint64_t from, size_t bytes)
{
    std::memmove((void*)to, (const void*)from, bytes);
    if (!isArena(to) || !isArena(from))
        return markWritten(to, bytes);
    size_t target = (size_t)(to - arena.base), source = (size_t)(from - arena.base);
    auto written = [](size_t offset) { return (arena.valid[offset / 4] >> (offset % 4)) & 1; };
    auto copyBit = [&](size_t i)
    {
        uint8_t& cell = arena.valid[(target + i) / 4];
        uint8_t bit = (uint8_t)(1u << ((target + i) % 4));
        cell = written(source + i) ? cell | bit : cell & (uint8_t)~bit;
    };
    size_t i = 0;
    if (target % 4 == 0 && source % 4 == 0)
    {
        std::memmove(arena.valid + target / 4, arena.valid + source / 4, bytes / 4);
        // Another allocation's words belong to it in full, as these do.
        i = bytes / 4 * 4;
    }
    if (target > source)
        for (size_t k = bytes; k > i; k--)
            copyBit(k - 1);
    else
        for (; i < bytes; i++)
            copyBit(i);
}

std::string describeDeviceAddress(uint64_t address)
{
    uint64_t offset = address - arena.base;
    char text[256];
    for (auto [start, bytes] : freed)
    {
        if (offset < start || offset >= start + bytes)
            continue;
        // A range that was given out again is described as what it is now.
        if (isDeviceRange(address, 1))
            break;
        std::snprintf(text, sizeof text, "in an allocation of %zu bytes at 0x%zx that has been freed", bytes, arena.base + start);
        return text;
    }
    auto next = allocations.upper_bound(offset);
    const std::pair<const size_t, size_t>* before = next == allocations.begin() ? nullptr : &*std::prev(next);
    const std::pair<const size_t, size_t>* after = next == allocations.end() ? nullptr : &*next;
    if (before == nullptr && after == nullptr)
        return "there is no live allocation";
    if (before != nullptr && offset < before->first + before->second)
        std::snprintf(text, sizeof text, "byte %zu of an allocation of %zu bytes at 0x%zx", (size_t)offset - before->first, before->second,
            arena.base + before->first);
    else if (before != nullptr && (after == nullptr || offset - (before->first + before->second) <= after->first - offset))
        std::snprintf(text, sizeof text, "%zu bytes past the end of an allocation of %zu bytes at 0x%zx",
            (size_t)offset - (before->first + before->second), before->second, arena.base + before->first);
    else
        std::snprintf(text, sizeof text, "%zu bytes before an allocation of %zu bytes at 0x%zx", after->first - (size_t)offset,
            after->second, arena.base + after->first);
    return text;
}

void forgetAccesses()
{
    madvise(arena.cells, arena.size / 4 * sizeof(Cell), MADV_DONTNEED);
    madvise(arena.byteCells, arena.size * sizeof(Cell), MADV_DONTNEED);
}
