/// What the kernel opens together with a program: the interpreter that its "#!" line or its ELF header names.
#pragma once

#include <string>

namespace keelson {

/// @param program open for reading. @return the path as written there (execve(2), elf(5)); "" when it names none, or is
/// no program. Everything in it is hostile: nothing is believed beyond its bounds.
std::string interpreter_of(int program);

}  // namespace keelson
