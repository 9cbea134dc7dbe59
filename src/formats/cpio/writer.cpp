#include <fmt/format.h>
#include <sys/stat.h>

#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "formats/cpio/archive.h"

namespace keelson::cpio {
namespace {

constexpr std::uint64_t kMaximum32 = std::numeric_limits<std::uint32_t>::max();

Error cannot_add(std::string_view path, std::string_view cause) {
  return {ErrorKind::BadInput, fmt::format("cannot add '{}' to a cpio archive: {}", path, cause)};
}

void check_path(std::string_view path) {
  if (path.empty() || path.front() == '/') throw cannot_add(path, "the path is empty or absolute");
  if (path.find('\0') != std::string_view::npos) throw cannot_add(path, "the path holds a zero byte");
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") throw cannot_add(path, "the path is not in its simplest form");
  }
}

void check_data(const Entry& entry) {
  const std::uint32_t type = entry.mode & S_IFMT;
  if (type != S_IFREG && type != S_IFLNK && !entry.data.empty()) throw cannot_add(entry.path, "its type has no data");
  if (entry.data.size() > kMaximum32) throw cannot_add(entry.path, "it is larger than 4 GiB");
}

}  // namespace

Writer::Writer(Sink sink, std::int64_t epoch) : sink_(std::move(sink)), epoch_(static_cast<std::uint32_t>(epoch)) {
  if (epoch < 0 || static_cast<std::uint64_t>(epoch) > kMaximum32) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot write time '{}': cpio holds 1970 to 2106 only", epoch));
  }
}

void Writer::add(const Entry& entry) {
  check_path(entry.path);
  check_data(entry);
  write_header(entry, next_inode_++, S_ISDIR(entry.mode) ? 2 : 1);
  write(as_bytes(entry.data));
  pad();
}

void Writer::finish() { write_header({.path = "TRAILER!!!"}, 0, 1); }

void Writer::write_header(const Entry& entry, std::uint32_t inode, std::uint32_t links) {
  // Magic, then: inode mode uid gid links mtime size device(2) rdevice(2) name-size checksum (always 0 in "newc").
  const std::string header =
      fmt::format("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", inode,
                  entry.mode, entry.uid, entry.gid, links, inode == 0 ? 0 : epoch_, entry.data.size(), 0, 0,
                  entry.device_major, entry.device_minor, entry.path.size() + 1, 0);
  write(as_bytes(header));
  write(as_bytes(std::string_view(entry.path.c_str(), entry.path.size() + 1)));
  pad();
}

void Writer::write(ByteView bytes) {
  if (!bytes.empty()) sink_(bytes);
  offset_ += bytes.size();
}

void Writer::pad() {
  constexpr std::string_view kZeros{"\0\0\0", 3};
  write(as_bytes(kZeros.substr(0, (4 - offset_ % 4) % 4)));
}

}  // namespace keelson::cpio
