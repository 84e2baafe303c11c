#include "counters.h"

#include <cstdio>
#include <map>

#include "settings.h"

namespace
{
struct Kernel
{
    uint64_t launches, threads;
    Counters counters;
};

std::map<std::string, Kernel>& kernels()
{
    static auto* table = new std::map<std::string, Kernel>;
    return *table;
}

void add(Traffic& to, const Traffic& from)
{
    for (int i = 0; i < 5; i++)
        to.loads[i] += from.loads[i], to.stores[i] += from.stores[i];
    to.otherLoads += from.otherLoads, to.otherStores += from.otherStores;
    to.otherLoadBytes += from.otherLoadBytes, to.otherStoreBytes += from.otherStoreBytes;
    to.uniqueLoadBytes += from.uniqueLoadBytes, to.uniqueStoreBytes += from.uniqueStoreBytes;
    to.atomics += from.atomics;
}

uint64_t requests(const uint64_t (&sizes)[5]) { return sizes[0] + sizes[1] + sizes[2] + sizes[3] + sizes[4]; }
uint64_t bytes(const uint64_t (&sizes)[5]) { return sizes[0] + 2 * sizes[1] + 4 * sizes[2] + 8 * sizes[3] + 16 * sizes[4]; }

void field(std::string& json, const char* name, uint64_t value, bool last = false)
{
    json += std::string("\"") + name + "\": " + std::to_string(value) + (last ? "" : ", ");
}

void traffic(std::string& json, const Traffic& t, bool unique)
{
    field(json, "loads", requests(t.loads) + t.otherLoads);
    field(json, "loadBytes", bytes(t.loads) + t.otherLoadBytes);
    field(json, "loads16", t.loads[4]);
    field(json, "stores", requests(t.stores) + t.otherStores);
    field(json, "storeBytes", bytes(t.stores) + t.otherStoreBytes);
    field(json, "stores16", t.stores[4]);
    if (unique)
    {
        field(json, "uniqueLoadBytes", t.uniqueLoadBytes);
        field(json, "uniqueStoreBytes", t.uniqueStoreBytes);
    }
    field(json, "atomics", t.atomics, true);
}
}

void addLaunch(const std::string& kernel, uint64_t threads)
{
    Kernel& k = kernels()[kernel];
    k.launches++;
    k.threads += threads;
}

void addCounters(const std::string& kernel, const Counters& counters)
{
    Counters& to = kernels()[kernel].counters;
    add(to.global, counters.global);
    add(to.shared, counters.shared);
    to.barriers += counters.barriers;
    to.warpCollectives += counters.warpCollectives;
    to.products += counters.products;
}

std::string countersJson()
{
    std::string json = "{\"kernels\": [";
    bool first = true;
    for (auto& [name, k] : kernels())
    {
        json += std::string(first ? "" : ",") + "\n  {\"name\": \"" + name + "\", ";
        first = false;
        field(json, "launches", k.launches);
        field(json, "threads", k.threads);
        field(json, "barriers", k.counters.barriers);
        field(json, "warpCollectives", k.counters.warpCollectives);
        field(json, "matrixProducts", k.counters.products);
        json += "\"global\": {";
        traffic(json, k.counters.global, true);
        json += "}, \"shared\": {";
        traffic(json, k.counters.shared, false);
        json += "}}";
    }
    return json + "\n]}\n";
}

void writeCounters()
{
    if (settings().countersPath.empty())
        return;
    if (FILE* file = std::fopen(settings().countersPath.c_str(), "w"))
    {
        std::string json = countersJson();
        std::fwrite(json.data(), 1, json.size(), file);
        std::fclose(file);
    }
}

void resetCounters() { kernels().clear(); }

// Last of all, so that a program that never synchronises has its counts as well.
__attribute__((destructor)) static void writeCountersAtExit() { writeCounters(); }
