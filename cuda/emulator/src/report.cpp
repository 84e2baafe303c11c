#include "report.h"

#include <cstdio>
#include <set>

#include "settings.h"

namespace
{
std::string& all()
{
    static auto* text = new std::string;
    return *text;
}

std::set<std::string>& seen()
{
    static auto* texts = new std::set<std::string>;
    return *texts;
}
}

void report(const std::string& text)
{
    if (!seen().insert(text).second)
        return;
    all() += text + "\n";
    std::fprintf(stderr, "\n%s\n", text.c_str());
    std::fflush(stderr);
    if (settings().reportPath.empty())
        return;
    if (FILE* file = std::fopen(settings().reportPath.c_str(), "a"))
    {
        std::fprintf(file, "%s\n", text.c_str());
        std::fclose(file);
    }
}

std::string reports() { return all(); }

void clearReports()
{
    all().clear();
    seen().clear();
}
