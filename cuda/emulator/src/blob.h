// What the compiler hands to the driver in place of a cubin: a line of text, what the driver must know, and a shared object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The image begins with this; sizes follow in decimal, so that the length is known from the start.
inline constexpr char blobMagic[] = "AARENGEN-EMULATOR-MODULE 1";

// Each __constant__ declaration has a section of its own, whose name begins so; g++ mixes no const variables with others.
inline constexpr char constantSection[] = ".aarengen_constant";

struct BlobArray
{
    std::string name;
    size_t offset = 0, bytes = 0;
};

struct BlobKernel
{
    std::string name;
    std::vector<BlobArray> shared;
};

struct Blob
{
    int arch = 0;
    bool isVirtual = false;           // PTX, which newer devices take as well
    size_t sharedBytes = 0;           // of the thread-local block
    size_t markerOffset = 0;
    bool hasDynamic = false;
    size_t dynamicOffset = 0;
    std::vector<BlobKernel> kernels;
    std::string object;
};

std::string writeBlob(const Blob& blob);

// False if the image is no such thing.
bool readBlob(const void* image, Blob& blob);
