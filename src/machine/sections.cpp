#include "machine/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"

namespace keelson::machine {

namespace {

constexpr std::string_view kMagic = "KEELSON-FACTS 1\n";
constexpr std::size_t kMaxName = 40;
constexpr std::size_t kMaxHeader = 64;  // "@", name, space, at most 8 digits, line feed
constexpr std::string_view kEnd = "end";

struct Header {
  std::string_view name;
  std::size_t length = 0;
  std::size_t body = 0;  // where the content begins
};

[[noreturn]] void refuse(std::size_t offset, std::string_view cause) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'facts from the machine': at byte {}: {}", offset, cause));
}

// The header at `offset`, or nothing while its line is not whole yet.
std::optional<Header> find_header(std::string_view message, std::size_t offset) {
  const auto line_end = message.find('\n', offset);
  if (line_end == std::string_view::npos) {
    if (message.size() - offset > kMaxHeader) refuse(offset, "a section's header is too long");
    return std::nullopt;
  }
  const auto line = message.substr(offset, line_end - offset);
  const auto space = line.find(' ');
  if (line.size() > kMaxHeader || line.empty() || line[0] != '@' || space == std::string_view::npos)
    refuse(offset, "a section's header was expected");
  const auto name = line.substr(1, space - 1);
  if (name.empty() || name.size() > kMaxName ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos) {
    refuse(offset, "a section's name is not allowed");
  }
  Header header{.name = name, .body = line_end + 1};
  const auto digits = line.substr(space + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), header.length);
  if (error != std::errc() || end != digits.data() + digits.size() || header.length > kMaxFactsBytes)
    refuse(offset, "a section's length is not allowed");
  return header;
}

void check_magic(std::string_view message) {
  const auto shown = message.substr(0, kMagic.size());
  if (shown != kMagic.substr(0, shown.size())) refuse(0, "it does not begin as facts do");
}

}  // namespace

Sections parse_sections(std::string_view message) {
  if (message.size() > kMaxFactsBytes) refuse(kMaxFactsBytes, "it is too large");
  check_magic(message);
  if (message.size() < kMagic.size()) refuse(message.size(), "it ends too early");
  Sections sections;
  std::size_t offset = kMagic.size();
  while (true) {
    const auto header = find_header(message, offset);
    if (!header) refuse(message.size(), "it ends too early");
    if (header->name == kEnd) return sections;
    if (sections.size() == kMaxSections) refuse(offset, "it has too many sections");
    if (message.size() - header->body < header->length + 1) refuse(message.size(), "it ends too early");
    if (message[header->body + header->length] != '\n')
      refuse(header->body + header->length, "a section is longer than it says");
    if (!sections.emplace(header->name, harmless_text(message.substr(header->body, header->length))).second) {
      refuse(offset, fmt::format("the section '{}' comes twice", header->name));
    }
    offset = header->body + header->length + 1;
  }
}

void SectionStream::feed(std::string_view piece) {
  if (complete_) return;
  if (message_.size() + piece.size() > kMaxFactsBytes) refuse(kMaxFactsBytes, "it is too large");
  message_ += piece;
  check_magic(message_);
  if (next_ == 0 && message_.size() >= kMagic.size()) next_ = kMagic.size();
  while (next_ != 0 && next_ < message_.size()) {
    const auto header = find_header(message_, next_);
    if (!header) return;
    if (header->name == kEnd) {
      complete_ = true;
      return;
    }
    const std::size_t after = header->body + header->length + 1;
    if (after > message_.size()) return;
    next_ = after;
  }
}

}  // namespace keelson::machine
