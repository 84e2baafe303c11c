// A compiled module and its kernels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

// One __shared__ array that a kernel may reach, by its place in the module's thread-local block.
struct SharedArray
{
    std::string name;
    size_t offset, bytes;
};

struct Module;

struct Function
{
    Module* module;
    uint64_t number;                   // never used twice, unlike an address
    std::string name;
    void (*call)(void (*kernel)(), void** arguments);
    void (*kernel)();
    std::vector<unsigned> parameterBytes;
    unsigned maxThreads;               // from __launch_bounds__, or the device's
    std::vector<SharedArray> shared;   // static arrays only
    size_t staticShared;               // their bytes, with alignment
    size_t dynamicLimit;               // as raised by cuFuncSetAttribute
    int registers;                     // from the table, 0 if unknown
};

// A __device__ or __constant__ variable.
struct Variable
{
    std::string symbol;                // as C++ mangles it: global variables keep their names
    uint64_t address;
    size_t bytes;
};

struct Module
{
    std::string object;                // its bytes, kept for looking up lines; no file stays behind
    void* handle;
    uintptr_t codeBase, low, high;     // where it is loaded
    char* (*sharedMarker)();           // its address tells the calling thread's block of thread-local memory
    size_t markerOffset, dynamicOffset, sharedBytes;
    bool hasDynamic;
    std::vector<Function*> functions;
    std::vector<Variable> variables;
    size_t constantBytes;
    int arch;
};

// True where [address, address + bytes) lies in one variable that cuModuleGetGlobal can give out.
bool isModuleVariable(uint64_t address, size_t bytes);

// True where the address is the module's own data: constants and __device__ variables.
bool isModuleAddress(const Module& module, uint64_t address, size_t bytes);

// "kernel.cu:12 in name", or nothing where no line is known.
std::string sourceOf(const Module& module, const void* code);
