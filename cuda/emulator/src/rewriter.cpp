#include "rewriter.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "blob.h"
#include "limits.h"

// The header's macros leave four words in the text, each a word that no C++ program has:
//   __aarengen_shared__   a thread-local variable, since the fibers of a block share a thread of the host; with extern, the one block
//                         of dynamic shared memory under whatever name and type
//   __aarengen_constant__ a variable that counts against the module's constant memory
//   __aarengen_global__   a kernel, whose name goes into the table
//   __aarengen_bounds__   its largest block, which g++ has no word for
namespace
{
struct Reader
{
    const std::string& text;
    size_t at = 0;

    bool done() const { return at >= text.size(); }
    bool isWord() const { return std::isalpha((unsigned char)text[at]) || text[at] == '_'; }

    std::string word()
    {
        size_t start = at;
        while (!done() && (std::isalnum((unsigned char)text[at]) || text[at] == '_'))
            at++;
        return text.substr(start, at - start);
    }

    // A string, a character, a line of the preprocessor or one character of anything else.
    std::string other()
    {
        size_t start = at;
        char c = text[at++];
        if (c == '#' && (start == 0 || text[start - 1] == '\n'))
            while (!done() && text[at] != '\n')
                at++;
        else if (c == '"' || (c == '\'' && !(start > 0 && std::isalnum((unsigned char)text[start - 1]))))
        {
            while (!done() && text[at] != c)
                at += text[at] == '\\' ? 2 : 1;
            at++;
        }
        return text.substr(start, at - start);
    }

    // From an opening parenthesis to behind the one that closes it.
    std::string parentheses()
    {
        while (!done() && text[at] != '(')
            at++;
        size_t start = at;
        int depth = 0;
        do
            depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0, at++;
        while (!done() && depth > 0);
        return text.substr(start, at - start);
    }
};

std::string firstArgument(const std::string& parentheses)
{
    int depth = 0;
    size_t i = 1;
    for (; i + 1 < parentheses.size(); i++)
    {
        char c = parentheses[i];
        depth += c == '(' || c == '<' ? 1 : c == ')' || c == '>' ? -1 : 0;
        if (c == ',' && depth == 0)
            break;
    }
    return parentheses.substr(1, i - 1);
}

std::string lines(const std::string& text) { return std::string((size_t)std::count(text.begin(), text.end(), '\n'), '\n'); }

struct Brace
{
    bool c;              // extern "C" {
    bool block;          // neither that nor a namespace
    std::string scope;   // "a::b::" of a named namespace
};

// extern __shared__ within a function: a pointer to the one block, since in templates g++ forgets by which name the assembler should know a
// variable. Reads up to the semicolon; alignment goes, the block has enough.
std::string dynamicShared(Reader& reader)
{
    std::string declaration;
    while (!reader.done() && reader.text[reader.at] != ';')
    {
        std::string piece = reader.isWord() ? reader.word() : reader.other();
        if (piece == "__attribute__" || piece == "alignas")
            declaration += lines(reader.parentheses());
        else
            declaration += piece;
    }
    size_t bracket = declaration.find('['), close = declaration.find(']');
    if (bracket == std::string::npos || close == std::string::npos)
        return declaration;
    size_t end = declaration.find_last_not_of(" \n", bracket - 1) + 1, start = end;
    while (start > 0 && (std::isalnum((unsigned char)declaration[start - 1]) || declaration[start - 1] == '_'))
        start--;
    std::string type = declaration.substr(0, start), name = declaration.substr(start, end - start), rest = declaration.substr(close + 1);
    return type + "(*const " + name + ")" + rest + " = (" + type + "(*)" + rest + ")aarengen_dynamic";
}

}

Rewritten rewrite(const std::string& preprocessed)
{
    Rewritten result;
    Reader reader{preprocessed};
    std::string& out = result.text;
    bool sawExtern = false, sawC = false, sawStatic = false, sawTemplate = false, dynamic = false, shared = false;
    int gaps = 0, depth = 0;             // gaps behind shared arrays; brackets open since __shared__
    int constants = 0;
    bool kernel = false;                 // between __global__ and the kernel's name
    std::string bounds;
    std::vector<Brace> braces;
    bool sawNamespace = false;
    int words = 0;                       // of the declaration so far
    std::string scope;                   // of the namespace that is being opened
    while (!reader.done())
    {
        if (!reader.isWord())
        {
            std::string piece = reader.other();
            char c = piece[0];
            if (piece == "\"C\"")
                sawC = sawExtern;
            if (c == '{')
            {
                bool linkage = sawExtern && sawC && words == 1;
                braces.push_back({linkage, !linkage && !sawNamespace, scope});
            }
            if (c == '}' && !braces.empty())
                braces.pop_back();
            if (c == ';' && dynamic)
                out += " __asm__(\"aarengen_dynamic_shared\")";
            depth += std::strchr("([{<", c) != nullptr ? 1 : std::strchr(")]}>", c) != nullptr ? -1 : 0;
            // A gap behind each array, so that an overrun does not land in the next one unseen. Within one declaration it has the type of
            // its neighbours.
            if (c == ',' && depth == 0 && shared && !dynamic)
                out += ", aarengen_gap_" + std::to_string(gaps++) + "[2] __attribute__((used))";
            out += piece;
            if (c == ';' && shared && !dynamic)
                out += " static __thread __attribute__((used)) char aarengen_gap_" + std::to_string(gaps++) + "[16];";
            if (c == ';' || c == '{' || c == '}')
            {
                sawExtern = sawC = sawStatic = sawTemplate = sawNamespace = dynamic = shared = kernel = false;
                bounds.clear();
                scope.clear();
                words = 0;
            }
            continue;
        }

        std::string word = reader.word();
        words++;
        bool inBlock = std::any_of(braces.begin(), braces.end(), [](const Brace& brace) { return brace.block; });
        if (word == "__aarengen_shared__" && sawExtern && inBlock)
        {
            size_t start = out.rfind("extern");
            std::string passed = lines(out.substr(start));
            out.erase(start);
            out += passed + dynamicShared(reader);
            result.usesDynamicShared = true;
        }
        else if (word == "__aarengen_shared__")
        {
            shared = true;
            depth = 0;
            dynamic = sawExtern;
            result.usesDynamicShared |= dynamic;
            out += sawExtern || sawStatic ? "__thread" : "static __thread";
        }
        else if (word == "__aarengen_constant__" && sawExtern && !sawC)
            continue;   // a declaration alone; a section would have to be that of the definition
        else if (word == "__aarengen_constant__")
            out += std::string("__attribute__((section(\"") + constantSection + "." + std::to_string(constants++) + "\")))";
        else if (word == "__aarengen_global__")
        {
            kernel = true;
            out += "__attribute__((noinline, used))";
        }
        else if (word == "__aarengen_bounds__")
        {
            std::string arguments = reader.parentheses();
            bounds = firstArgument(arguments);
            out += lines(arguments);
        }
        else if (word == "__attribute__" || word == "alignas")
            out += word + reader.parentheses();
        else
        {
            if (sawNamespace)
                scope += word + "::";
            sawNamespace |= word == "namespace";
            sawExtern |= word == "extern";
            sawStatic |= word == "static";
            sawTemplate |= word == "template";
            out += word;
            size_t next = reader.at;
            while (next < preprocessed.size() && std::isspace((unsigned char)preprocessed[next]))
                next++;
            if (!kernel || next >= preprocessed.size() || preprocessed[next] != '(')
                continue;
            kernel = false;
            // Others have mangled names, by which a real module does not give them out either.
            bool c = sawExtern && sawC;
            std::string place;
            for (const Brace& brace : braces)
                c |= brace.c, place += brace.scope;
            bool known = std::any_of(result.kernels.begin(), result.kernels.end(), [&](auto& k) { return k.name == word; });
            if (c && !sawTemplate && !known)
                result.kernels.push_back({word, place, bounds});
            else if (known && !bounds.empty())
                std::find_if(result.kernels.begin(), result.kernels.end(), [&](auto& k) { return k.name == word; })->maxThreads = bounds;
        }
    }
    return result;
}

std::string namePointer(size_t expression) { return "aarengen_name_" + std::to_string(expression); }

std::string kernelTable(const Rewritten& source, const std::vector<std::string>& expressions, size_t dynamicBytes)
{
    std::string table = "\n# 1 \"table of kernels\"\n";
    if (source.usesDynamicShared)
        table += "__thread __attribute__((aligned(128))) unsigned char aarengen_dynamic[" + std::to_string(dynamicBytes) + "];\n";
    table += "static __thread __attribute__((aligned(16))) char aarengen_marker[16];\n"
        "extern \"C\" __attribute__((visibility(\"default\"))) char* aarengen_shared_marker() { return aarengen_marker; }\n"
        "template <class... P> static aarengen_kernel aarengen_entry(const char* name, void (*kernel)(P...), unsigned max_threads)\n"
        "{\n"
        "    static_assert(aarengen_signature<P...>::bytes <= " + std::to_string(parameterBytesPerKernel) + ",\n"
        "        \"Formal parameter space overflowed (max " + std::to_string(parameterBytesPerKernel) + " bytes allowed)\");\n"
        "    return {name, &aarengen_signature<P...>::template spread<__integer_pack(sizeof...(P))...>, (void (*)())kernel,\n"
        "        aarengen_signature<P...>::sizes, (unsigned)sizeof...(P), max_threads};\n"
        "}\n"
        "// A name expression may name a variable as well.\n"
        "static inline aarengen_kernel aarengen_entry(const char* name, const volatile void*, unsigned)\n"
        "{\n"
        "    return {name, nullptr, nullptr, nullptr, 0, 0};\n"
        "}\n";
    for (size_t i = 0; i < expressions.size(); i++)
        table += "# 1 \"name expression\"\nextern \"C\" const void* const " + namePointer(i) + ";\n"
            "const void* const " + namePointer(i) + " = (const void*)(" + expressions[i] + ");\n";
    table += "extern \"C\" __attribute__((visibility(\"default\"))) const aarengen_kernel aarengen_kernels[] = {\n";
    for (const KernelDeclaration& kernel : source.kernels)
        // The line's name is what an error of its instantiation shows.
        table += "# 1 \"table of kernels, function " + kernel.name + "\"\n    aarengen_entry(\"" + kernel.name + "\", &" + kernel.scope +
            kernel.name + ", " + (kernel.maxThreads.empty() ? "0" : kernel.maxThreads) + "),\n";
    for (const std::string& expression : expressions)
        table += "# 1 \"name expression\"\n    aarengen_entry(\"\", " + expression + ", 0),\n";
    return table + "    {nullptr, nullptr, nullptr, nullptr, 0, 0}};\n";
}
