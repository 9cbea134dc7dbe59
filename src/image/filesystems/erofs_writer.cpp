#include "image/filesystems/erofs_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "image/filesystems/partition_range.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::image {

namespace {

/// Whether the list of compressors in mkfs.erofs' help has the word lz4 (lz4hc is another word).
bool has_lz4(const std::string& program) {
  const ProcessResult help = run_process({.arguments = {program, "--help"}, .merge_output = true});
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  constexpr std::string_view kWord = "lz4";
  const std::string& text = help.output;
  for (std::size_t at = text.find(kWord); at != std::string::npos; at = text.find(kWord, at + 1)) {
    const std::size_t end = at + kWord.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

std::string require_program() {
  const auto program = find_program("mkfs.erofs");
  if (!program)
    throw Error(ErrorKind::NotFound, "cannot make an erofs file system: mkfs.erofs is not installed",
                "install the package erofs-utils, or use ext4");
  return program->native();
}

bool wants_lz4(const std::string& program, const ErofsOptions& options) {
  if (options.compression == ErofsCompression::None) return false;
  if (has_lz4(program)) return true;
  if (!options.compression) return false;
  throw Error(ErrorKind::BadInput, "cannot compress erofs file system with 'lz4': this mkfs.erofs was built without it",
              "leave the compression out of the recipe");
}

/// An extended regular expression for everything below a folder.
std::string below(std::string_view folder) {
  std::string pattern = "^";
  for (const char c : folder) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "/";
}

void copy_range(int from, std::uint64_t count, int to, std::uint64_t offset) {
  auto source = off64_t{0};
  auto target = static_cast<off64_t>(offset);
  while (static_cast<std::uint64_t>(source) < count) {
    const ssize_t copied = ::copy_file_range(from, &source, to, &target, count - static_cast<std::uint64_t>(source), 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) break;
  }
  // Not every pair of file systems can do that: the rest by hand.
  Bytes buffer(1 << 20);
  if (::lseek(from, source, SEEK_SET) < 0) throw system_error("read", "file system", errno);
  while (static_cast<std::uint64_t>(source) < count) {
    const std::size_t got = read_up_to(from, buffer, "file system");
    if (got == 0) throw Error(ErrorKind::Unavailable, "cannot copy file system: its file became shorter");
    write_all_at(to, ByteView(buffer).first(got), offset + static_cast<std::uint64_t>(source), "disk image");
    source += static_cast<off64_t>(got);
  }
}

}  // namespace

ByteCount prepare_erofs(const RootDir& root, const std::filesystem::path& file, const ErofsOptions& options) {
  const std::string program = require_program();
  ProcessOptions process;
  process.arguments = {program, "--quiet", fmt::format("-T{}", options.epoch), "-U", options.uuid.text()};
  if (wants_lz4(program, options)) process.arguments.emplace_back("-zlz4");
  for (const std::string& folder : options.empty_folders)
    process.arguments.push_back("--exclude-regex=" + below(folder));
  if (!options.file_contexts.empty()) process.arguments.push_back("--file-contexts=" + options.file_contexts.native());
  process.arguments.push_back(file.native());
  process.arguments.push_back(root.host_path().native());
  process.merge_output = true;
  try {
    require_process(process, "make erofs file system of", root.host_path().native());
  } catch (const Error&) {
    ::unlink(file.c_str());
    throw;
  }
  return {std::filesystem::file_size(file)};
}

void place_erofs(const std::filesystem::path& file, int raw, ByteCount offset, ByteCount size, std::string_view label) {
  const UniqueFd source = open_file(file, O_RDONLY);
  const ByteCount needed{std::filesystem::file_size(file)};
  if (needed > size) throw does_not_fit(label, needed, size);
  clear_range(raw, offset, size);
  copy_range(source.get(), needed.value, raw, offset.value);
}

}  // namespace keelson::image
