// Device memory: one arena, so that a hook tells a global address by one comparison, and its shadow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cuda_abi.h"

// What the checks know of a word of four bytes: who wrote and who read it last. See src/checks.cpp for the tags.
struct Cell
{
    uint64_t writer, reader;
};

struct Arena
{
    uintptr_t base;
    size_t hooked;             // the arena's size as the hooks see it; 0 sends them the slow way, which stops a runaway kernel
    uint8_t* valid;            // by word: low four bits say which bytes were written, high four which belong to an allocation
    Cell* cells;               // by word
    Cell* byteCells;           // by byte, for words that were accessed in parts
    size_t size;
};

extern Arena arena;

void openArena();
CUresult allocateDevice(CUdeviceptr* address, size_t bytes);
CUresult freeDevice(CUdeviceptr address);
size_t freeDeviceBytes();

// True where the address is in the arena, allocated or not.
inline bool isArena(uint64_t address) { return address - arena.base < arena.size; }

// The live allocation around an address; false if there is none.
bool findAllocation(uint64_t address, uint64_t& start, size_t& bytes);

// True where [address, address + bytes) lies in one live allocation.
bool isDeviceRange(uint64_t address, size_t bytes);

// Either side of what follows may also be a module's variable, of which the shadow knows nothing.
void markWritten(uint64_t address, size_t bytes);
void copyDevice(uint64_t to, uint64_t from, size_t bytes);

// The bits that stand for bytes [offset, offset + bytes) of their words, low half only, put into or taken from a shadow.
void setWritten(uint8_t* valid, size_t offset, size_t bytes);

// Tells where an address lies among the allocations, for a report.
std::string describeDeviceAddress(uint64_t address);

// Forgets every access, when the numbers of launches run out.
void forgetAccesses();
