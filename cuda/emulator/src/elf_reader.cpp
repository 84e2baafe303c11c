#include "elf_reader.h"

#include <cstring>
#include <elf.h>

namespace
{
struct Elf
{
    const std::string& bytes;

    template <class T> const T* at(size_t offset) const { return (const T*)(bytes.data() + offset); }
    const Elf64_Ehdr& header() const { return *at<Elf64_Ehdr>(0); }
    size_t sectionCount() const { return header().e_shnum; }
    const Elf64_Shdr& section(size_t i) const { return at<Elf64_Shdr>(header().e_shoff)[i]; }

    // The table of all symbols, local ones too.
    const Elf64_Shdr* symbolTable() const
    {
        for (size_t i = 0; i < sectionCount(); i++)
            if (section(i).sh_type == SHT_SYMTAB)
                return &section(i);
        return nullptr;
    }
    const Elf64_Sym& symbol(const Elf64_Shdr& table, size_t i) const { return at<Elf64_Sym>(table.sh_offset)[i]; }
    std::string name(const Elf64_Shdr& table, const Elf64_Sym& symbol) const
    {
        return at<char>(section(table.sh_link).sh_offset + symbol.st_name);
    }
    // A function or variable at an offset of a section.
    std::string symbolAt(const Elf64_Shdr& table, size_t section, size_t offset) const
    {
        for (size_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); i++)
            if (const Elf64_Sym& s = symbol(table, i); s.st_shndx == section && s.st_value == offset &&
                (ELF64_ST_TYPE(s.st_info) == STT_FUNC || ELF64_ST_TYPE(s.st_info) == STT_OBJECT))
                return name(table, s);
        return {};
    }
    std::string name(const Elf64_Shdr& section) const { return at<char>(this->section(header().e_shstrndx).sh_offset + section.sh_name); }
};
}

std::vector<ThreadLocal> threadLocals(const std::string& object, size_t& blockBytes)
{
    Elf elf{object};
    blockBytes = 0;
    for (size_t i = 0; i < elf.header().e_phnum; i++)
        if (const auto& segment = elf.at<Elf64_Phdr>(elf.header().e_phoff)[i]; segment.p_type == PT_TLS)
            blockBytes = segment.p_memsz;
    std::vector<ThreadLocal> variables;
    const Elf64_Shdr* table = elf.symbolTable();
    for (size_t i = 0; table != nullptr && i < table->sh_size / sizeof(Elf64_Sym); i++)
        if (const Elf64_Sym& s = elf.symbol(*table, i); ELF64_ST_TYPE(s.st_info) == STT_TLS && s.st_shndx != SHN_UNDEF)
            variables.push_back({elf.name(*table, s), s.st_value, s.st_size});
    return variables;
}

std::map<std::string, std::set<std::string>> reachableThreadLocals(const std::string& object, const std::vector<std::string>& roots)
{
    Elf elf{object};
    const Elf64_Shdr* table = elf.symbolTable();
    std::map<std::string, std::set<std::string>> result;
    if (table == nullptr)
        return result;

    // Relocations of a function's section name the functions it calls and the variables it touches.
    std::vector<std::set<size_t>> calls(elf.sectionCount());
    std::vector<std::set<std::string>> touches(elf.sectionCount());
    for (size_t i = 0; i < elf.sectionCount(); i++)
    {
        const Elf64_Shdr& relocations = elf.section(i);
        if (relocations.sh_type != SHT_RELA || (elf.section(relocations.sh_info).sh_flags & SHF_ALLOC) == 0)
            continue;
        size_t target = relocations.sh_info;
        for (size_t k = 0; k < relocations.sh_size / sizeof(Elf64_Rela); k++)
        {
            const auto& relocation = elf.at<Elf64_Rela>(relocations.sh_offset)[k];
            const Elf64_Sym& s = elf.symbol(*table, ELF64_R_SYM(relocation.r_info));
            if (ELF64_ST_TYPE(s.st_info) == STT_TLS)
                touches[target].insert(elf.name(*table, s));
            else if (s.st_shndx != SHN_UNDEF && s.st_shndx < elf.sectionCount())
                calls[target].insert(s.st_shndx);
        }
    }
    for (const std::string& root : roots)
        for (size_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); i++)
        {
            const Elf64_Sym& s = elf.symbol(*table, i);
            if (ELF64_ST_TYPE(s.st_info) != STT_FUNC || s.st_shndx >= elf.sectionCount() || elf.name(*table, s) != root)
                continue;
            std::set<size_t> seen;
            std::vector<size_t> open{s.st_shndx};
            while (!open.empty())
            {
                size_t section = open.back();
                open.pop_back();
                if (!seen.insert(section).second)
                    continue;
                result[root].insert(touches[section].begin(), touches[section].end());
                open.insert(open.end(), calls[section].begin(), calls[section].end());
            }
        }
    return result;
}

std::vector<DataSymbol> dataSymbols(const std::string& object)
{
    Elf elf{object};
    const Elf64_Shdr* table = elf.symbolTable();
    std::vector<DataSymbol> variables;
    for (size_t i = 0; table != nullptr && i < table->sh_size / sizeof(Elf64_Sym); i++)
        if (const Elf64_Sym& s = elf.symbol(*table, i); ELF64_ST_TYPE(s.st_info) == STT_OBJECT && s.st_shndx != SHN_UNDEF)
            variables.push_back({elf.name(*table, s), s.st_value, s.st_size});
    return variables;
}

size_t sectionBytes(const std::string& object, const std::string& prefix)
{
    Elf elf{object};
    size_t bytes = 0;
    for (size_t i = 0; i < elf.sectionCount(); i++)
        if (const Elf64_Shdr& section = elf.section(i); elf.name(section).compare(0, prefix.size(), prefix) == 0)
            bytes += section.sh_size;
    return bytes;
}

std::string pointedSymbol(const std::string& object, const std::string& pointer)
{
    Elf elf{object};
    const Elf64_Shdr* table = elf.symbolTable();
    for (size_t i = 0; table != nullptr && i < table->sh_size / sizeof(Elf64_Sym); i++)
    {
        const Elf64_Sym& variable = elf.symbol(*table, i);
        if (elf.name(*table, variable) != pointer)
            continue;
        for (size_t k = 0; k < elf.sectionCount(); k++)
        {
            const Elf64_Shdr& relocations = elf.section(k);
            if (relocations.sh_type != SHT_RELA || relocations.sh_info != variable.st_shndx)
                continue;
            for (size_t r = 0; r < relocations.sh_size / sizeof(Elf64_Rela); r++)
            {
                const auto& relocation = elf.at<Elf64_Rela>(relocations.sh_offset)[r];
                if (relocation.r_offset != variable.st_value)
                    continue;
                // The assembler names what is local by its section.
                const Elf64_Sym& target = elf.symbol(*table, ELF64_R_SYM(relocation.r_info));
                return ELF64_ST_TYPE(target.st_info) == STT_SECTION
                    ? elf.symbolAt(*table, target.st_shndx, (size_t)relocation.r_addend) : elf.name(*table, target);
            }
        }
    }
    return {};
}
