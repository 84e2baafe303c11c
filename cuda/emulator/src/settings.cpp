#include "settings.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

namespace
{
const char* text(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

uint64_t number(const char* name, uint64_t otherwise)
{
    const char* value = text(name);
    return *value == 0 ? otherwise : std::strtoull(value, nullptr, 10);
}

// Takes every word that a number follows: lines "kernel 40" and JSON {"kernel": 40} read alike.
std::map<std::string, int> readRegisters(const char* path)
{
    std::map<std::string, int> table;
    std::ifstream file(path);
    std::string all((std::istreambuf_iterator<char>(file)), {});
    std::string word;
    for (size_t i = 0; i < all.size();)
    {
        unsigned char c = (unsigned char)all[i];
        if (!std::isalnum(c) && c != '_')
        {
            i++;
            continue;
        }
        size_t start = i;
        while (i < all.size() && (std::isalnum((unsigned char)all[i]) || all[i] == '_'))
            i++;
        std::string token = all.substr(start, i - start);
        if (!std::isdigit(c))
            word = token;
        else if (!word.empty())
            table[word] = std::atoi(token.c_str()), word.clear();
    }
    return table;
}

Settings read()
{
    Settings s;
    s.devices = (int)number("AARENGEN_EMULATOR_DEVICES", 1);
    s.arch = (int)number("AARENGEN_EMULATOR_ARCH", 80);
    s.memoryBytes = (size_t)number("AARENGEN_EMULATOR_MEMORY_MB", 8192) << 20;
    // More would not help the sizes this is made for, and every thread keeps a stack for each device thread of a block.
    int cores = (int)std::thread::hardware_concurrency();
    s.threads = (int)number("AARENGEN_EMULATOR_THREADS", (uint64_t)std::min(cores, 16));
    s.threads = std::clamp(s.threads, 1, 64);
    s.seed = number("AARENGEN_EMULATOR_SEED", 1);
    const char* races = text("AARENGEN_EMULATOR_GLOBAL_RACES");
    s.checkGlobalRaces = std::strcmp(races, "off") != 0;
    s.allowFencedRaces = std::strcmp(races, "fenced") == 0;
    s.timeoutSeconds = (double)number("AARENGEN_EMULATOR_TIMEOUT", 300);
    s.stackBytes = (size_t)std::max<uint64_t>(number("AARENGEN_EMULATOR_STACK_KB", 256), 32) << 10;
    s.reportPath = text("AARENGEN_EMULATOR_REPORT");
    s.countersPath = text("AARENGEN_EMULATOR_COUNTERS");
    if (const char* path = text("AARENGEN_EMULATOR_REGISTERS"); *path != 0)
        s.registers = readRegisters(path);
    return s;
}
}

Settings& settings()
{
    static Settings* only = new Settings(read());
    return *only;
}
