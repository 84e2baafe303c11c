# Writes a hash of the emulator's sources as a C++ string: what one build compiles, another may not load.
set(hashes "")
foreach(source ${SOURCES})
    file(SHA256 "${source}" hash)
    string(APPEND hashes "${hash}")
endforeach()
string(SHA256 hash "${hashes}")
file(WRITE "${OUTPUT}" "// Made from the sources; not to be edited.\n#pragma once\n\ninline constexpr char sourceHash[] = \"${hash}\";\n")
