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

// The table of kernels, to stand behind the text.
std::string kernelTable(const Rewritten& source, size_t dynamicBytes);
