// What the devices that can be emulated allow, by compute capability.
#pragma once

#include <cstddef>

struct Limits
{
    int arch;                     // 80 for sm_80
    int multiprocessors;          // of a typical board
    int threadsPerMultiprocessor;
    int blocksPerMultiprocessor;
    size_t sharedPerMultiprocessor;
    size_t sharedPerBlock;        // once a kernel asks for more than the default 48 KiB
    size_t reservedShared;        // a block's, for the system
    size_t l2Bytes;
    int memoryBusBits, memoryClockKhz, clockKhz;
};

inline constexpr size_t defaultSharedPerBlock = 48 << 10;
inline constexpr size_t constantPerModule = 64 << 10;
inline constexpr size_t parameterBytesPerKernel = 4096;
inline constexpr int registersPerMultiprocessor = 65536;

inline constexpr Limits knownLimits[] = {
    {70, 80, 2048, 32, 96 << 10, 96 << 10, 0, 6 << 20, 4096, 877000, 1530000},
    {75, 40, 1024, 16, 64 << 10, 64 << 10, 0, 4 << 20, 256, 5001000, 1590000},
    {80, 108, 2048, 32, 164 << 10, 163 << 10, 1 << 10, 40 << 20, 5120, 1215000, 1410000},
    {86, 82, 1536, 16, 100 << 10, 99 << 10, 1 << 10, 6 << 20, 384, 9751000, 1695000},
    {87, 16, 1536, 16, 164 << 10, 163 << 10, 1 << 10, 4 << 20, 256, 3200000, 1300000},
    {89, 128, 1536, 24, 100 << 10, 99 << 10, 1 << 10, 72 << 20, 384, 10501000, 2520000},
    {90, 132, 2048, 32, 228 << 10, 227 << 10, 1 << 10, 50 << 20, 5120, 2619000, 1980000},
};

// The nearest known device at or below an architecture.
inline constexpr const Limits& limitsOf(int arch)
{
    const Limits* best = &knownLimits[0];
    for (const Limits& l : knownLimits)
        if (l.arch <= arch)
            best = &l;
    return *best;
}

// A register file is given out to warps in pieces of 256.
inline constexpr int registersOfBlock(int registers, unsigned threads)
{
    return (registers * 32 + 255) / 256 * 256 * (int)((threads + 31) / 32);
}
