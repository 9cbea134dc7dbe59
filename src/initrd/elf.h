/// What a 64-bit little-endian ELF file says about the files it needs.
/// Spec: System V ABI "ELF-64 Object File Format"; UAPI group "ELF dlopen() Metadata" (the .note.dlopen notes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::initrd {

/// A library that a program loads by dlopen() if it is there.
struct OptionalLibrary {
  std::string feature;               ///< "kmod"
  std::string priority;              ///< "required", "recommended" or "suggested"
  std::vector<std::string> sonames;  ///< best first; one of them is enough
};

struct ElfNeeds {
  std::uint16_t machine = 0;           ///< e_machine: 62 is amd64, 183 arm64
  std::string interpreter;             ///< "/lib64/ld-linux-x86-64.so.2"; empty for most libraries
  std::vector<std::string> libraries;  ///< DT_NEEDED, in order
  std::vector<std::string> run_path;   ///< DT_RUNPATH (or DT_RPATH) folders, "$ORIGIN" still in them
  std::vector<OptionalLibrary> optional;
};

/// Does it begin as an ELF file?
bool is_elf(ByteView bytes);

/// Reads program headers, dynamic section and notes of an untrusted file. A file without them needs nothing.
/// @throws Error(BadInput) for another class or byte order, or offsets that leave the file.
ElfNeeds parse_elf_needs(ByteView bytes, std::string_view name);

/// The bytes of the first section of that name (kernel modules: ".modinfo"); nothing if there is none.
std::optional<ByteView> find_elf_section(ByteView bytes, std::string_view section, std::string_view name);

}  // namespace keelson::initrd
