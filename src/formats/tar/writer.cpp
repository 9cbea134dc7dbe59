#include "formats/tar/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace keelson::tar {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kRecord = 20 * kBlock;
constexpr std::size_t kNameField = 100;
constexpr std::size_t kPrefixField = 155;
constexpr std::uint64_t kMaxOctal7 = 07777777;
constexpr std::uint64_t kMaxOctal11 = 077777777777;

char type_flag_of(EntryType type) {
  switch (type) {
    case EntryType::File:
      return '0';
    case EntryType::HardLink:
      return '1';
    case EntryType::Symlink:
      return '2';
    case EntryType::CharDevice:
      return '3';
    case EntryType::BlockDevice:
      return '4';
    case EntryType::Folder:
      return '5';
    case EntryType::Fifo:
      return '6';
  }
  return '0';
}

void check_path(std::string_view path) {
  for (const std::string_view part : split(path, '/'))
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot archive '{}': the path must be relative and without '.' and '..'", path));
}

struct SplitName {
  std::string_view prefix;
  std::string_view name;
};

/// The two name fields of ustar: split at a slash, or nothing if the path does not fit so.
std::optional<SplitName> split_path(std::string_view path) {
  if (path.size() <= kNameField) return SplitName{"", path};
  const std::size_t first = path.size() - kNameField - 1;  // the name may start behind this at the earliest
  const std::size_t slash = path.find('/', first);
  if (slash == path.npos || slash == 0 || slash > kPrefixField || slash + 1 == path.size()) return std::nullopt;
  return SplitName{path.substr(0, slash), path.substr(slash + 1)};
}

/// "<length> <key>=<value>\n", where the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (fmt::formatted_size("{}", length) + rest != length) length = fmt::formatted_size("{}", length) + rest;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string full_path(const Entry& entry) { return entry.path + (entry.type == EntryType::Folder ? "/" : ""); }

std::string pax_records(const Entry& entry, std::uint64_t size) {
  std::map<std::string, std::string> records;
  const std::string path = full_path(entry);
  if (!split_path(path)) records["path"] = path;
  if (entry.target.size() > kNameField) records["linkpath"] = entry.target;
  if (entry.uid > kMaxOctal7) records["uid"] = fmt::format("{}", entry.uid);
  if (entry.gid > kMaxOctal7) records["gid"] = fmt::format("{}", entry.gid);
  if (size > kMaxOctal11) records["size"] = fmt::format("{}", size);
  if (entry.mtime < 0 || static_cast<std::uint64_t>(entry.mtime) > kMaxOctal11)
    records["mtime"] = fmt::format("{}", entry.mtime);
  for (const auto& [name, value] : entry.xattrs) records["SCHILY.xattr." + name] = value;
  std::string text;
  for (const auto& [key, value] : records) text += pax_record(key, value);
  return text;
}

/// The fields of one header block, by the offsets of the specification.
class Header {
 public:
  void text(std::size_t offset, std::size_t width, std::string_view value) {
    value.substr(0, width).copy(block_.data() + offset, width);
  }
  /// Octal digits and a NUL; a number that does not fit stands in the pax header, and as 0 here.
  void number(std::size_t offset, std::size_t width, std::uint64_t value) {
    const std::string digits = fmt::format("{:0{}o}", value, width - 1);
    text(offset, width, digits.size() < width ? digits : std::string(width - 1, '0'));
  }
  /// The sum of all bytes, its own field taken as blanks.
  const std::array<char, kBlock>& finish() {
    text(148, 8, "        ");
    std::uint64_t sum = 0;
    for (const char c : block_) sum += static_cast<unsigned char>(c);
    number(148, 7, sum);
    block_[154] = '\0';
    return block_;
  }

 private:
  std::array<char, kBlock> block_{};
};

}  // namespace

void Writer::add(const Entry& entry, ByteView content) {
  check_path(entry.path);
  if (entry.type == EntryType::HardLink) check_path(entry.target);
  if (entry.type != EntryType::File && !content.empty())
    throw Error(ErrorKind::Internal, fmt::format("cannot archive '{}': only files have content", entry.path));
  const std::string records = pax_records(entry, content.size());
  if (!records.empty()) add_pax_header(entry, records);
  add_header(entry, type_flag_of(entry.type), content.size());
  bytes_.bytes(content);
  bytes_.align(kBlock);
}

void Writer::add_pax_header(const Entry& entry, std::string_view records) {
  Entry extended;
  extended.path = "PaxHeaders/" + entry.path.substr(entry.path.rfind('/') + 1).substr(0, 80);
  extended.mtime = entry.mtime;
  add_header(extended, 'x', records.size());
  bytes_.text(records);
  bytes_.align(kBlock);
}

void Writer::add_header(const Entry& entry, char type_flag, std::uint64_t size) {
  const std::string path = full_path(entry);
  const SplitName name = split_path(path).value_or(SplitName{"", std::string_view(path).substr(0, kNameField)});
  Header header;
  header.text(0, kNameField, name.name);
  header.number(100, 8, entry.mode & 07777);
  header.number(108, 8, entry.uid);
  header.number(116, 8, entry.gid);
  header.number(124, 12, size);
  header.number(136, 12, entry.mtime < 0 ? 0 : static_cast<std::uint64_t>(entry.mtime));
  header.text(156, 1, std::string_view(&type_flag, 1));
  header.text(157, kNameField, entry.target);
  header.text(257, 6, std::string_view("ustar\0", 6));
  header.text(263, 2, "00");
  header.number(329, 8, entry.device_major);
  header.number(337, 8, entry.device_minor);
  header.text(345, kPrefixField, name.prefix);
  const auto& block = header.finish();
  bytes_.text({block.data(), block.size()});
}

Bytes Writer::finish() {
  bytes_.zeros(2 * kBlock);
  bytes_.align(kRecord);
  return bytes_.take();
}

}  // namespace keelson::tar
