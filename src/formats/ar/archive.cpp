#include "formats/ar/archive.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::ar {
namespace {

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::string_view kHeaderEnd = "`\n";
// Fields of a member's header, deb(5): name 16, time 12, uid 6, gid 6, mode 8, size 10, end mark 2.
constexpr std::size_t kHeaderSize = 60;
constexpr std::size_t kNameSize = 16;
constexpr std::size_t kSizeOffset = 48;
constexpr std::size_t kSizeSize = 10;
constexpr std::size_t kEndOffset = 58;

Error bad_archive(std::string_view name, std::size_t offset, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read archive '{}': {} (at byte {})", name, rule, offset)};
}

std::string_view without_padding(std::string_view field) {
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  return field;
}

std::size_t parse_size(std::string_view field, std::string_view name, std::size_t offset) {
  const std::string_view digits = without_padding(field);
  if (digits.empty()) throw bad_archive(name, offset, "a member's size is empty");
  std::size_t size = 0;  // ten digits at most: cannot overflow
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') throw bad_archive(name, offset, "a member's size is not a decimal number");
    size = size * 10 + static_cast<std::size_t>(digit - '0');
  }
  return size;
}

std::string_view parse_name(std::string_view field, std::string_view name, std::size_t offset) {
  std::string_view member = without_padding(field);
  if (member.ends_with('/')) member.remove_suffix(1);
  if (member.empty()) throw bad_archive(name, offset, "a member has no name");
  return member;
}

Member parse_member(ByteView bytes, std::size_t offset, std::string_view name) {
  if (bytes.size() - offset < kHeaderSize) throw bad_archive(name, offset, "it ends inside a member's header");
  const std::string_view header = as_text(bytes.subspan(offset, kHeaderSize));
  if (header.substr(kEndOffset) != kHeaderEnd) {
    throw bad_archive(name, offset + kEndOffset, "a member's header has no end mark");
  }
  const std::string_view member = parse_name(header.substr(0, kNameSize), name, offset);
  const std::size_t size = parse_size(header.substr(kSizeOffset, kSizeSize), name, offset + kSizeOffset);
  if (size > bytes.size() - offset - kHeaderSize) {
    throw bad_archive(name, offset + kSizeOffset, fmt::format("member '{}' is longer than the file", member));
  }
  return {.name = member, .data = bytes.subspan(offset + kHeaderSize, size)};
}

}  // namespace

std::vector<Member> parse_archive(ByteView bytes, std::string_view name) {
  if (!as_text(bytes).starts_with(kMagic)) throw bad_archive(name, 0, "it does not begin with '!<arch>'");
  std::vector<Member> members;
  for (std::size_t offset = kMagic.size(); offset < bytes.size();) {
    if (members.size() == kMaximumMembers) {
      throw bad_archive(name, offset, fmt::format("it has more than {} members", kMaximumMembers));
    }
    const Member member = parse_member(bytes, offset, name);
    if (std::ranges::any_of(members, [&](const Member& other) { return other.name == member.name; })) {
      throw bad_archive(name, offset, fmt::format("member '{}' occurs twice", member.name));
    }
    members.push_back(member);
    // An odd size is followed by one padding byte; after the last member some writers leave it out.
    offset += kHeaderSize + member.data.size() + member.data.size() % 2;
  }
  return members;
}

}  // namespace keelson::ar
