// What the linker knows of thread-local variables: which kernel reaches which, and where they lie.
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
