#include "sys/program_interpreter.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <string_view>

namespace keelson {

namespace {

// linux/binfmts.h: BINPRM_BUF_SIZE.
constexpr std::size_t kFirstLine = 256;
constexpr std::size_t kMostProgramHeaders = 128;

std::string from_first_line(std::string_view line) {
  line.remove_prefix(2);
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  line.remove_prefix(begin);
  return std::string(line.substr(0, line.find_first_of(std::string_view(" \t\n\0", 4))));
}

template <class T>
bool read_at(int fd, std::uint64_t offset, T& value) {
  return offset <= LLONG_MAX &&
         ::pread(fd, &value, sizeof value, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof value);
}

std::string from_elf(int fd) {
  Elf64_Ehdr header;
  if (!read_at(fd, 0, header) || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
    return "";
  for (std::size_t i = 0; i < std::min<std::size_t>(header.e_phnum, kMostProgramHeaders); ++i) {
    Elf64_Phdr part;
    if (!read_at(fd, header.e_phoff + i * sizeof part, part)) return "";
    if (part.p_type != PT_INTERP) continue;
    std::array<char, PATH_MAX> path{};
    if (part.p_filesz >= path.size() || part.p_offset > LLONG_MAX) return "";
    const ssize_t n = ::pread(fd, path.data(), part.p_filesz, static_cast<off_t>(part.p_offset));
    return n <= 0 ? "" : std::string(path.data());  // a NUL is left at the end
  }
  return "";
}

}  // namespace

std::string interpreter_of(int program) {
  std::array<char, kFirstLine> first{};
  const ssize_t n = ::pread(program, first.data(), first.size(), 0);
  if (n < 4) return "";
  const std::string_view text(first.data(), static_cast<std::size_t>(n));
  if (text.starts_with("#!")) return from_first_line(text);
  if (text.starts_with(ELFMAG)) return from_elf(program);
  return "";
}

}  // namespace keelson
