// What a kernel moves, counted by the checks' hooks.
#pragma once

#include <cstdint>
#include <string>

struct Traffic
{
    uint64_t loads[5], stores[5];      // requests of 1, 2, 4, 8, 16 bytes
    uint64_t otherLoadBytes, otherStoreBytes, otherLoads, otherStores;   // structures of other sizes
    uint64_t uniqueLoadBytes, uniqueStoreBytes;                          // each byte once a launch
    uint64_t atomics;
};

struct Counters
{
    Traffic global, shared;
    uint64_t barriers, warpCollectives, products;
};

void addLaunch(const std::string& kernel, uint64_t threads);
void addCounters(const std::string& kernel, const Counters& counters);
std::string countersJson();
void writeCounters();
void resetCounters();
