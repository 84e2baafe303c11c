// What tells the emulator's modules from NVIDIA's cubins, and from those of another build of the emulator.
#include "cuda_abi.h"
#include "source_hash.h"   // made by CMake

EMULATOR_API const char* aarengen_emulator_code_format() { return sourceHash; }
