#include "compiler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <fstream>
#include <iterator>
#include <map>
#include <unistd.h>

#include "blob.h"
#include "elf_reader.h"
#include "kernel_header.h"   // made by CMake from include/aarengen_emulator.h
#include "limits.h"
#include "process.h"
#include "rewriter.h"

namespace
{
// A folder that is gone when the compilation is over.
class Folder
{
public:
    Folder()
    {
        const char* root = std::getenv("TMPDIR");
        m_path = std::string(root == nullptr || *root == 0 ? "/tmp" : root) + "/aarengen-emulator-XXXXXX";
        if (mkdtemp(m_path.data()) == nullptr)
            m_path.clear();
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        for (const std::string& file : m_files)
            unlink(file.c_str());
        if (!m_path.empty())
            rmdir(m_path.c_str());
    }

    bool exists() const { return !m_path.empty(); }
    const std::string& path() const { return m_path; }
    std::string file(const std::string& name)
    {
        std::string path = m_path + "/" + name;
        m_files.push_back(path);
        return path;
    }
    std::string write(const std::string& name, const std::string& text)
    {
        std::string path = file(name);
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

private:
    std::string m_path;
    std::vector<std::string> m_files;
};

std::string readFile(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string demangle(const std::string& symbol)
{
    int status = 0;
    char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
    std::string name = status == 0 ? text : symbol;
    std::free(text);
    return name;
}

// Lays out what each kernel reaches, from the object before and after linking.
void describeShared(const std::string& object, const std::vector<std::string>& names, Blob& blob)
{
    std::map<std::string, ThreadLocal> variables;
    for (const ThreadLocal& v : threadLocals(blob.object, blob.sharedBytes))
        variables[v.symbol] = v;
    auto reached = reachableThreadLocals(object, names);
    if (auto dynamic = variables.find("aarengen_dynamic_shared"); dynamic != variables.end())
        blob.hasDynamic = true, blob.dynamicOffset = dynamic->second.offset;
    for (const auto& [symbol, v] : variables)
        if (demangle(symbol) == "aarengen_marker")
            blob.markerOffset = v.offset;
    for (const std::string& name : names)
    {
        BlobKernel kernel{name, {}};
        for (const std::string& symbol : reached[name])
            if (auto v = variables.find(symbol); v != variables.end() && symbol != "aarengen_dynamic_shared")
                kernel.shared.push_back({demangle(symbol), v->second.offset, v->second.bytes});
        std::sort(kernel.shared.begin(), kernel.shared.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
        blob.kernels.push_back(kernel);
    }
}
}

CompileResult compile(const CompileRequest& request)
{
    CompileResult result;
    Folder folder;
    if (!folder.exists())
    {
        result.log = "AarenGen emulator: cannot make a folder for temporary files; set TMPDIR.\n";
        return result;
    }
    const char* chosen = std::getenv("AARENGEN_EMULATOR_CXX");
    std::string compiler = chosen == nullptr || *chosen == 0 ? "g++" : chosen;
    std::string standard = request.standard >= 20 ? "-std=gnu++20" : "-std=gnu++17";
    auto run = [&](std::vector<std::string> command)
    {
        command.insert(command.begin(), compiler);
        ProcessResult outcome = runProcess(command);
        result.log += outcome.output;
        if (outcome.status == -1 || outcome.status == 127)
            result.log = "AarenGen emulator: cannot run the compiler \"" + compiler + "\" (" + outcome.output +
                "); install g++ 12 or newer, or name it in AARENGEN_EMULATOR_CXX.\n";
        else
            result.status = outcome.status == 0 ? CompileStatus::done : CompileStatus::refused;
        return outcome.status == 0;
    };

    std::string header = folder.write("aarengen_emulator.h", kernelHeader);
    for (const auto& [name, text] : request.headers)
        if (name.find('/') == std::string::npos)
            folder.write(name, text);
    // Debug information names the file, so that it must have the program's name too.
    std::string file = "source-" + request.name.substr(request.name.rfind('/') + 1);
    std::string source = folder.write(file, "#line 1 \"" + request.name + "\"\n" + request.source);
    std::string preprocessed = folder.file("source.ii");
    std::vector<std::string> preprocess{"-E", "-x", "c++", standard, "-include", header, "-I" + folder.path(), "-w",
        "-D__CUDA_ARCH__=" + std::to_string(request.arch * 10), "-D__CUDACC__", "-D__CUDACC_RTC__", "-D__CUDACC_VER_MAJOR__=11",
        "-D__CUDACC_VER_MINOR__=8", source, "-o", preprocessed};
    preprocess.insert(preprocess.end(), request.options.begin(), request.options.end());
    if (!run(preprocess))
        return result;

    Rewritten rewritten = rewrite(readFile(preprocessed));
    std::string unit = folder.write("kernels.ii",
        rewritten.text + kernelTable(rewritten, request.expressions, limitsOf(request.arch).sharedPerBlock));
    std::string object = folder.file("kernels.o"), library = folder.file("kernels.so");
    // -fsanitize=thread calls a hook before each access. Structures stay whole (no scalar replacement), so that one of 16 bytes is one
    // request, and nothing is vectorised, so that a hook sees what the kernel wrote.
    std::vector<std::string> flags{"-fpreprocessed", "-x", "c++", standard, "-c", "-O1", "-finline-functions", "-finline-small-functions",
        "-fsanitize=thread", "--param", "tsan-distinguish-volatile=1", "-fno-tree-sra", "-fno-tree-vectorize", "-fno-strict-aliasing",
        "-fPIC", "-fno-plt", "-fvisibility=hidden", "-fno-gnu-unique", "-ffunction-sections", "-fno-exceptions", "-fno-rtti",
        "-fno-threadsafe-statics", "-fno-stack-protector", "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-g1",
        "-Werror=frame-larger-than=16384", request.contract ? "-ffp-contract=fast" : "-ffp-contract=off", unit, "-o", object};
    if (__builtin_cpu_supports("fma"))
        flags.push_back("-mfma");
    if (!run(flags) || !run({"-shared", "-Wl,-z,separate-code", object, "-o", library}))
        return result;

    Blob blob;
    blob.arch = request.arch;
    blob.object = readFile(library);
    std::string unlinked = readFile(object);
    std::vector<std::string> names;
    for (const KernelDeclaration& kernel : rewritten.kernels)
        names.push_back(kernel.name);
    for (size_t i = 0; i < request.expressions.size(); i++)
        result.loweredNames.push_back(pointedSymbol(unlinked, namePointer(i)));
    names.insert(names.end(), result.loweredNames.begin(), result.loweredNames.end());
    describeShared(unlinked, names, blob);
    for (const BlobKernel& kernel : blob.kernels)
    {
        size_t bytes = 0;
        for (const BlobArray& array : kernel.shared)
            bytes += array.bytes;
        if (bytes <= defaultSharedPerBlock)
            continue;
        // The assembler of a real device refuses it as well.
        result.status = CompileStatus::refused;
        result.log += "ptxas error   : Entry function '" + kernel.name + "' uses too much shared data (" + std::to_string(bytes) +
            " bytes, " + std::to_string(defaultSharedPerBlock) + " max)\n";
    }
    if (size_t bytes = sectionBytes(blob.object, constantSection); bytes > constantPerModule)
    {
        char text[128];
        std::snprintf(text, sizeof text, "ptxas error   : File uses too much global constant data (0x%zx bytes, 0x%zx max)\n", bytes,
            constantPerModule);
        result.status = CompileStatus::refused;
        result.log += text;
    }
    if (result.status != CompileStatus::done)
        return result;
    result.cubin = writeBlob(blob);
    blob.isVirtual = true;
    result.ptx = writeBlob(blob);
    return result;
}
