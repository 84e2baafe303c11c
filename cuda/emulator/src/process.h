// Runs a program and reads what it prints.
#pragma once

#include <string>
#include <vector>

struct ProcessResult
{
    int status;            // its exit code, or -1 where it could not be started
    std::string output;    // of both streams
};

ProcessResult runProcess(const std::vector<std::string>& command);
