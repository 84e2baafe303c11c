// CUDA C++ to a module, by way of g++.
#pragma once

#include <string>
#include <utility>
#include <vector>

struct CompileRequest
{
    std::string source, name;
    std::vector<std::pair<std::string, std::string>> headers;   // name, text
    std::vector<std::string> expressions;                       // names of kernels and variables in C++
    int arch = 52;
    bool contract = true;                                       // a * b + c in one rounding, as NVRTC does
    int standard = 17;
    std::vector<std::string> options;                           // for g++ as they are
};

enum class CompileStatus { done, refused, broken };

struct CompileResult
{
    CompileStatus status = CompileStatus::broken;
    std::string log;
    std::vector<std::string> loweredNames;                      // of the expressions, in their order
    std::string cubin, ptx;                                     // the same code; PTX runs on newer devices as well
};

CompileResult compile(const CompileRequest& request);
