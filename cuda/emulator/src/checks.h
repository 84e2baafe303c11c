// Checks of single accesses, for those that the compiler does not instrument.
#pragma once

#include "worker.h"

// Races in global memory: told at all, and allowed where a fence and an atomic may order the blocks.
extern bool globalRaces, fencedRaces;

enum class Access { read, write, atomic };

// Any number of bytes, aligned or not; checked, counted and recorded.
void checkRange(void* address, size_t bytes, Access access, const void* code);

// Bounds, alignment and initialisation only, of accesses that race with nobody.
void checkAtomic(void* address, size_t bytes, Access access, const void* code);

// An asynchronous copy's target: written, but not to be read yet. Then: landed.
void checkCopyStart(void* to, const void* from, int bytes, const void* code);
void checkCopyEnd(void* to, int bytes);

// A row of a matrix load: aligned to its 16 bytes, in shared memory. The reads themselves are checked one by one.
void checkMatrixRow(const void* row, const void* code);
