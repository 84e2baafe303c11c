// Turns what CUDA C++ has over C++ into what g++ knows, in text that has been preprocessed.
#pragma once

#include <string>
#include <vector>

struct KernelDeclaration
{
    std::string name;
    std::string scope;        // "a::b::" where it stands in namespaces
    std::string maxThreads;   // the first argument of __launch_bounds__, as an expression; empty without one
};

struct Rewritten
{
    std::string text;
    std::vector<KernelDeclaration> kernels;
    bool usesDynamicShared = false;
};

Rewritten rewrite(const std::string& preprocessed);

// The variable that points at what a name expression names: the object file tells its symbol.
std::string namePointer(size_t expression);

// The table of kernels, to stand behind the text: those with C names, then what the name expressions name.
std::string kernelTable(const Rewritten& source, const std::vector<std::string>& expressions, size_t dynamicBytes);
