// What the checks found, told once in words.
#pragma once

#include <string>

// Prints to standard error, appends to the report file and remembers.
void report(const std::string& text);
std::string reports();
void clearReports();
