#include "sys/program_interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>

#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

class ProgramInterpreter : public testing::Test {
 protected:
  std::string of(std::string_view content) const {
    write_file(dir_.path() / "program", content);
    return interpreter_of(open_file(dir_.path() / "program", O_RDONLY).get());
  }
  // An ELF file with one program header, whose text stands at its end.
  static std::string elf(std::string_view text, std::uint64_t size,
                         std::uint64_t offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr)) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr part{};
    part.p_type = PT_INTERP;
    part.p_offset = offset;
    part.p_filesz = size;
    std::string file(reinterpret_cast<const char*>(&header), sizeof header);
    file.append(reinterpret_cast<const char*>(&part), sizeof part);
    return file.append(text);
  }
  TempDir dir_{"interpreter-test"};
};

TEST_F(ProgramInterpreter, OfAScriptIsTheFirstWordOfItsFirstLine) {
  EXPECT_EQ(of("#!/bin/sh\necho"), "/bin/sh");
  EXPECT_EQ(of("#! \t/usr/bin/env python3\n"), "/usr/bin/env");
  EXPECT_EQ(of("#!/bin/sh"), "/bin/sh");
  EXPECT_EQ(of("#!   "), "");
  EXPECT_EQ(of("#!" + std::string(300, 'x')), std::string(254, 'x'));  // as much as the kernel looks at
}

TEST_F(ProgramInterpreter, OfAProgramStandsInItsHeader) {
  EXPECT_EQ(of(elf("/lib/ld.so", 11)), "/lib/ld.so");
  EXPECT_FALSE(interpreter_of(open_file("/bin/sh", O_RDONLY).get()).empty());
}

TEST_F(ProgramInterpreter, WhatLiesHasNone) {
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("text"), "");
  EXPECT_EQ(of(elf("", 0)), "");
  EXPECT_EQ(of(elf("/lib/ld.so", 1u << 30)), "");
  EXPECT_EQ(of(elf("/lib/ld.so", 11, UINT64_MAX)), "");
  EXPECT_EQ(of(elf("/lib/ld.so", 11, 1u << 20)), "");
  EXPECT_EQ(of(elf("", 5).substr(0, 70)), "");
  std::string far = elf("/lib/ld.so", 11);
  reinterpret_cast<Elf64_Ehdr*>(far.data())->e_phoff = UINT64_MAX - 8;
  EXPECT_EQ(of(far), "");
}

}  // namespace
}  // namespace keelson
