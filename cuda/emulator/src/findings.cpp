#include "findings.h"

#include <cstdio>

#include "report.h"
#include "settings.h"

namespace
{
template <class... Arguments> std::string format(const char* pattern, Arguments... arguments)
{
    char text[1024];
    std::snprintf(text, sizeof text, pattern, arguments...);
    return text;
}

std::string index(const char* name, Index3 i) { return format("%s (%u, %u, %u)", name, i.x, i.y, i.z); }

std::string blockName(const Launch& launch, uint64_t block)
{
    return index("block", {(unsigned)(block % launch.grid.x), (unsigned)(block / launch.grid.x % launch.grid.y),
        (unsigned)(block / launch.grid.x / launch.grid.y)});
}

std::string threadName(const Launch& launch, unsigned t)
{
    return index("thread", {t % launch.block.x, t / launch.block.x % launch.block.y, t / launch.block.x / launch.block.y});
}

std::string kernelLine(const Launch& launch)
{
    return format("  kernel   %s, grid %ux%ux%u, block %ux%ux%u, %zu bytes of dynamic shared memory\n", launch.function->name.c_str(),
        launch.grid.x, launch.grid.y, launch.grid.z, launch.block.x, launch.block.y, launch.block.z, launch.dynamicShared);
}

// The block that was running when the tag was made.
uint64_t blockOf(uint64_t tag, const std::vector<Worker*>& workers)
{
    uint64_t worker = (tag & ~splitMark) >> workerShift, serial = (tag & ~splitMark & ((1ull << workerShift) - 1)) >> serialShift;
    uint64_t block = 0;
    for (Worker* w : workers)
        if (w->number == worker)
            for (auto [first, b] : w->blockLog)
                if (first <= serial)
                    block = b;
    return block;
}
}

Finding describeTimeout(const Launch& launch)
{
    (void)launch;
    Finding finding;
    finding.result = CUDA_ERROR_LAUNCH_TIMEOUT;
    finding.kind = "a launch that does not end";
    finding.hasThread = false;
    finding.what = format("the launch ran for more than %.0f seconds", settings().timeoutSeconds);
    finding.fix = "look for a loop that waits for another thread; AARENGEN_EMULATOR_TIMEOUT sets the seconds, 0 sets no limit";
    return finding;
}

void reportFinding(const Launch& launch, const std::vector<Worker*>& workers)
{
    const Finding& f = launch.finding;
    std::string text = "AarenGen emulator: " + f.kind + "\n" + kernelLine(launch);
    if (f.hasThread)
        text += "  at       " + blockName(launch, f.block) + ", " + threadName(launch, f.thread) + "\n";
    std::string source = f.code != nullptr ? sourceOf(*launch.function->module, f.code) : f.line > 0 ? format("line %d", f.line) : "";
    if (!source.empty())
        text += "  source   " + source + "\n";
    if (f.access != nullptr)
        text += format("  access   %s of %zu bytes at 0x%zx, %s memory\n", f.access, f.bytes, (size_t)f.address, f.space);
    if (f.otherAccess != nullptr)
        text += format("  other    %s by ", f.otherAccess) + blockName(launch, blockOf(f.otherTag, workers)) + ", " +
            threadName(launch, (unsigned)(f.otherTag & threadMask)) + "\n";
    text += "  what     " + f.what + "\n  fix      " + f.fix + "\n";
    text += format("  order    launch %zu, seed %zu", (size_t)launch.number, (size_t)launch.seed);
    report(text);
}

void reportRefusal(const Launch& launch, const std::string& what, const std::string& fix)
{
    report("AarenGen emulator: a launch that the device refuses\n" + kernelLine(launch) + "  what     " + what + "\n  fix      " + fix);
}
