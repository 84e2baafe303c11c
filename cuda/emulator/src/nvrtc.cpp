// NVRTC's binary interface.
#include <cstring>
#include <string>
#include <vector>

#include "compiler.h"
#include "cuda_abi.h"

enum nvrtcResult : int
{
    NVRTC_SUCCESS = 0,
    NVRTC_ERROR_OUT_OF_MEMORY = 1,
    NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
    NVRTC_ERROR_INVALID_INPUT = 3,
    NVRTC_ERROR_INVALID_PROGRAM = 4,
    NVRTC_ERROR_INVALID_OPTION = 5,
    NVRTC_ERROR_COMPILATION = 6,
    NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
    NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
    NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
    NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
    NVRTC_ERROR_INTERNAL_ERROR = 11,
};

struct Program
{
    CompileRequest request;
    CompileResult result;
    bool compiled = false, virtualArch = true;
};

namespace
{
constexpr int architectures[] = {35, 37, 50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};

bool startsWith(const std::string& text, const char* prefix, std::string& rest)
{
    size_t length = std::strlen(prefix);
    if (text.compare(0, length, prefix) != 0)
        return false;
    rest = text.substr(length);
    return true;
}

bool readArchitecture(const std::string& value, Program& program)
{
    std::string digits;
    if (startsWith(value, "sm_", digits))
        program.virtualArch = false;
    else if (startsWith(value, "compute_", digits))
        program.virtualArch = true;
    else
        return false;
    // sm_90a is sm_90 with more instructions.
    if (!digits.empty() && digits.back() == 'a')
        digits.pop_back();
    for (int arch : architectures)
        if (digits == std::to_string(arch))
        {
            program.request.arch = arch;
            return true;
        }
    return false;
}

bool readStandard(const std::string& value, CompileRequest& request)
{
    for (const char* known : {"c++03", "c++11", "c++14", "c++17", "c++20"})
        if (value == known)
        {
            request.standard = value == "c++20" ? 20 : 17;
            return true;
        }
    return false;
}

// The options that NVRTC 11.8 knows. Those that only tune code are taken and left alone.
bool readOption(const std::vector<std::string>& options, size_t& i, Program& program)
{
    std::string option = options[i], rest;
    auto valued = [&](std::initializer_list<const char*> names)
    {
        for (const char* name : names)
        {
            if (startsWith(option, (std::string(name) + "=").c_str(), rest))
                return true;
            if (option == name && i + 1 < options.size())
            {
                rest = options[++i];
                return true;
            }
        }
        return false;
    };
    if (valued({"--gpu-architecture", "-arch", "--gpu-arch"}))
        return readArchitecture(rest, program);
    if (valued({"--std", "-std"}))
        return readStandard(rest, program.request);
    if (valued({"--fmad", "-fmad"}))
    {
        program.request.contract = rest != "false";
        return true;
    }
    auto passed = [&](const char* name, const char* flag)
    {
        if (!valued({name, flag}) && (!startsWith(option, flag, rest) || rest.empty()))
            return false;
        program.request.options.push_back(flag + rest);
        return true;
    };
    if (passed("--define-macro", "-D") || passed("--undefine-macro", "-U") || passed("--include-path", "-I"))
        return true;
    if (valued({"--pre-include", "-include"}))
    {
        program.request.options.insert(program.request.options.end(), {"-include", rest});
        return true;
    }
    for (const char* name : {"--maxrregcount", "-maxrregcount", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt", "--prec-div", "-prec-div",
             "--builtin-move-forward", "--builtin-initializer-list", "--ptxas-options", "-Xptxas", "--optimization-info", "-opt-info",
             "--diag-error", "-diag-error", "--diag-suppress", "-diag-suppress", "--diag-warn", "-diag-warn", "--split-compile"})
        if (valued({name}))
            return true;
    for (const char* name : {"--device-c", "-dc", "--device-w", "-dw", "--relocatable-device-code=false", "-rdc=false",
             "--relocatable-device-code=true", "-rdc=true", "--device-debug", "-G", "--generate-line-info", "-lineinfo", "--use_fast_math",
             "-use_fast_math", "--extra-device-vectorization", "-extra-device-vectorization", "--modify-stack-limit=false",
             "--dlink-time-opt=false", "--disable-warnings", "-w", "--restrict", "-restrict", "--device-as-default-execution-space",
             "-default-device", "--display-error-number", "-err-no", "--no-display-error-number", "--no-source-include",
             "--version-ident=false"})
        if (option == name)
            return true;
    return false;
}

Program* programOf(void* handle) { return (Program*)handle; }

nvrtcResult give(void* handle, size_t* size, char* text, std::string CompileResult::*part)
{
    if (handle == nullptr)
        return NVRTC_ERROR_INVALID_PROGRAM;
    Program& program = *programOf(handle);
    const std::string& value = program.result.*part;
    if (!program.compiled || (part != &CompileResult::log && program.result.status != CompileStatus::done))
        return part == &CompileResult::log ? NVRTC_SUCCESS : NVRTC_ERROR_INVALID_PROGRAM;
    if (part == &CompileResult::cubin && program.virtualArch)
    {
        if (size != nullptr)
            *size = 0;
        return size != nullptr ? NVRTC_SUCCESS : NVRTC_ERROR_INVALID_PROGRAM;
    }
    // A log and PTX are texts, with the null character counted; a cubin is bytes.
    size_t bytes = value.size() + (part == &CompileResult::cubin ? 0 : 1);
    if (size != nullptr)
        *size = bytes;
    if (text != nullptr)
        std::memcpy(text, value.c_str(), bytes);
    return NVRTC_SUCCESS;
}
}

EMULATOR_API nvrtcResult nvrtcVersion(int* major, int* minor)
{
    if (major == nullptr || minor == nullptr)
        return NVRTC_ERROR_INVALID_INPUT;
    *major = 11;
    *minor = 8;
    return NVRTC_SUCCESS;
}

EMULATOR_API const char* nvrtcGetErrorString(nvrtcResult result)
{
    static const char* names[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
        "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION",
        "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
        "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR"};
    return result >= 0 && result <= NVRTC_ERROR_INTERNAL_ERROR ? names[result] : "NVRTC_ERROR unknown";
}

EMULATOR_API nvrtcResult nvrtcGetNumSupportedArchs(int* count)
{
    if (count == nullptr)
        return NVRTC_ERROR_INVALID_INPUT;
    *count = (int)std::size(architectures);
    return NVRTC_SUCCESS;
}

EMULATOR_API nvrtcResult nvrtcGetSupportedArchs(int* archs)
{
    if (archs == nullptr)
        return NVRTC_ERROR_INVALID_INPUT;
    std::memcpy(archs, architectures, sizeof architectures);
    return NVRTC_SUCCESS;
}

EMULATOR_API nvrtcResult nvrtcCreateProgram(void** program, const char* source, const char* name, int headerCount,
    const char* const* headers, const char* const* includeNames)
{
    if (program == nullptr || source == nullptr || headerCount < 0 || (headerCount > 0 && (headers == nullptr || includeNames == nullptr)))
        return NVRTC_ERROR_INVALID_INPUT;
    auto* made = new Program;
    made->request.source = source;
    made->request.name = name == nullptr || *name == 0 ? "default_program" : name;
    for (int i = 0; i < headerCount; i++)
        made->request.headers.emplace_back(includeNames[i], headers[i]);
    *program = made;
    return NVRTC_SUCCESS;
}

EMULATOR_API nvrtcResult nvrtcDestroyProgram(void** program)
{
    if (program == nullptr || *program == nullptr)
        return NVRTC_ERROR_INVALID_PROGRAM;
    delete programOf(*program);
    *program = nullptr;
    return NVRTC_SUCCESS;
}

EMULATOR_API nvrtcResult nvrtcCompileProgram(void* handle, int optionCount, const char* const* options)
{
    if (handle == nullptr)
        return NVRTC_ERROR_INVALID_PROGRAM;
    if (optionCount < 0 || (optionCount > 0 && options == nullptr))
        return NVRTC_ERROR_INVALID_INPUT;
    Program& program = *programOf(handle);
    program.compiled = true;
    program.request.options.clear();
    std::vector<std::string> all(options, options + optionCount);
    for (size_t i = 0; i < all.size(); i++)
        if (size_t at = i; !readOption(all, i, program))
        {
            program.result = {};
            program.result.log = "nvrtc: error: invalid option or value: " + all[at] + "\n";
            return NVRTC_ERROR_INVALID_OPTION;
        }
    program.result = compile(program.request);
    switch (program.result.status)
    {
        case CompileStatus::done: return NVRTC_SUCCESS;
        case CompileStatus::refused: return NVRTC_ERROR_COMPILATION;
        default: return NVRTC_ERROR_INTERNAL_ERROR;
    }
}

EMULATOR_API nvrtcResult nvrtcAddNameExpression(void* handle, const char* expression)
{
    if (handle == nullptr)
        return NVRTC_ERROR_INVALID_PROGRAM;
    if (expression == nullptr)
        return NVRTC_ERROR_INVALID_INPUT;
    Program& program = *programOf(handle);
    if (program.compiled)
        return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
    program.request.expressions.push_back(expression);
    return NVRTC_SUCCESS;
}

EMULATOR_API nvrtcResult nvrtcGetLoweredName(void* handle, const char* expression, const char** name)
{
    if (handle == nullptr)
        return NVRTC_ERROR_INVALID_PROGRAM;
    if (expression == nullptr || name == nullptr)
        return NVRTC_ERROR_INVALID_INPUT;
    const Program& program = *programOf(handle);
    if (!program.compiled || program.result.status != CompileStatus::done)
        return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
    for (size_t i = 0; i < program.request.expressions.size(); i++)
        if (program.request.expressions[i] == expression)
        {
            *name = program.result.loweredNames[i].c_str();
            return NVRTC_SUCCESS;
        }
    return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}

EMULATOR_API nvrtcResult nvrtcGetProgramLogSize(void* program, size_t* size)
{
    if (size != nullptr)
        *size = 1;
    return size == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, size, nullptr, &CompileResult::log);
}

EMULATOR_API nvrtcResult nvrtcGetProgramLog(void* program, char* log)
{
    if (log != nullptr)
        *log = 0;
    return log == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, nullptr, log, &CompileResult::log);
}

EMULATOR_API nvrtcResult nvrtcGetCUBINSize(void* program, size_t* size)
{
    return size == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, size, nullptr, &CompileResult::cubin);
}

EMULATOR_API nvrtcResult nvrtcGetCUBIN(void* program, char* cubin)
{
    return cubin == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, nullptr, cubin, &CompileResult::cubin);
}

EMULATOR_API nvrtcResult nvrtcGetPTXSize(void* program, size_t* size)
{
    return size == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, size, nullptr, &CompileResult::ptx);
}

EMULATOR_API nvrtcResult nvrtcGetPTX(void* program, char* ptx)
{
    return ptx == nullptr ? NVRTC_ERROR_INVALID_INPUT : give(program, nullptr, ptx, &CompileResult::ptx);
}
