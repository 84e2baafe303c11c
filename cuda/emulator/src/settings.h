// What the environment decides, read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

struct Settings
{
    int devices;
    int arch;                  // 80 for sm_80
    size_t memoryBytes;
    int threads;
    uint64_t seed;
    bool checkGlobalRaces;
    bool allowFencedRaces;     // the pattern of __threadfence and an atomic counter
    double timeoutSeconds;     // of a launch; 0 waits for ever
    size_t stackBytes;         // of a device thread
    std::string reportPath;
    std::string countersPath;
    std::map<std::string, int> registers;   // by kernel
};

// The seed alone may change later.
Settings& settings();
