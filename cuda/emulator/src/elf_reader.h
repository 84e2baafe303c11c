// What the linker knows of variables and names: which kernel reaches which __shared__ array, and where variables lie.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

struct ThreadLocal
{
    std::string symbol;
    size_t offset = 0, bytes = 0;
};

// Of a shared object: its thread-local variables, and the size of the block that holds them.
std::vector<ThreadLocal> threadLocals(const std::string& object, size_t& blockBytes);

// Of a relocatable object with a section for each function: the thread-local symbols that each root reaches through calls.
std::map<std::string, std::set<std::string>> reachableThreadLocals(const std::string& object, const std::vector<std::string>& roots);

// A variable outside the thread-local block, by its offset in the loaded object.
struct DataSymbol
{
    std::string symbol;
    size_t offset = 0, bytes = 0;
};

std::vector<DataSymbol> dataSymbols(const std::string& object);

// The bytes of all sections of a shared object whose names begin so. What lies between them does not count: g++ aligns arrays more than
// a device's assembler does.
size_t sectionBytes(const std::string& object, const std::string& prefix);

// Of a relocatable object: the symbol whose address a pointer variable holds. Empty if it holds none.
std::string pointedSymbol(const std::string& object, const std::string& pointer);
