#include "blob.h"

#include <cstring>
#include <sstream>

std::string writeBlob(const Blob& blob)
{
    std::ostringstream facts;
    facts << blob.arch << ' ' << blob.isVirtual << ' ' << blob.sharedBytes << ' ' << blob.markerOffset << ' ' << blob.hasDynamic << ' '
          << blob.dynamicOffset << ' ' << blob.kernels.size() << '\n';
    for (const BlobKernel& kernel : blob.kernels)
    {
        facts << kernel.name << ' ' << kernel.shared.size() << '\n';
        // The name last: a template's name has blanks.
        for (const BlobArray& array : kernel.shared)
            facts << array.offset << ' ' << array.bytes << ' ' << array.name << '\n';
    }
    std::ostringstream image;
    image << blobMagic << ' ' << facts.str().size() << ' ' << blob.object.size() << '\n' << facts.str() << blob.object;
    return image.str();
}

bool readBlob(const void* image, Blob& blob)
{
    auto* text = (const char*)image;
    size_t magic = std::strlen(blobMagic);
    if (std::strncmp(text, blobMagic, magic) != 0)
        return false;
    char* end;
    size_t factsBytes = std::strtoull(text + magic, &end, 10);
    size_t objectBytes = std::strtoull(end, &end, 10);
    const char* start = end + 1;

    std::istringstream facts(std::string(start, factsBytes));
    size_t kernels = 0;
    facts >> blob.arch >> blob.isVirtual >> blob.sharedBytes >> blob.markerOffset >> blob.hasDynamic >> blob.dynamicOffset >> kernels;
    blob.kernels.resize(kernels);
    for (BlobKernel& kernel : blob.kernels)
    {
        size_t arrays = 0;
        facts >> kernel.name >> arrays;
        kernel.shared.resize(arrays);
        for (BlobArray& array : kernel.shared)
        {
            facts >> array.offset >> array.bytes;
            facts.ignore(1);
            std::getline(facts, array.name);
        }
    }
    blob.object.assign(start + factsBytes, objectBytes);
    return !facts.fail();
}
