#include "inspect/diff/changelog.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/harmless_text.h"
#include "base/text.h"
#include "packages/deb/version.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostEntries = 20;
constexpr std::size_t kMostText = 4096;
constexpr std::size_t kLargest = std::size_t{16} << 20;  // unpacked

// RFC 1952. What is damaged ends where it is damaged.
std::string unzip(std::string_view packed) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::array<char, 65536> piece{};
  int state = Z_OK;
  while (state == Z_OK && text.size() < kLargest) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream.avail_out);
    if (stream.avail_in == 0 && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  return text;
}

// "openssl (3.5.1-1) unstable; urgency=medium": its version; "" for another line.
std::string_view version_in_heading(std::string_view line) {
  if (line.empty() || line.front() == ' ' || line.front() == '\t') return {};
  const auto open = line.find(" ("), close = line.find(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return line.substr(open + 2, close - open - 2);
}

void finish(ChangelogEntry& entry, std::vector<ChangelogEntry>& entries) {
  if (entry.version.empty()) return;
  std::string_view text = entry.text;
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  entries.push_back({harmless_text(entry.version), harmless_text(text.substr(0, kMostText))});
  entry = {};
}

}  // namespace

std::vector<ChangelogEntry> entries_between(std::string_view changelog, std::string_view after, std::string_view upto) {
  std::vector<ChangelogEntry> entries;
  ChangelogEntry entry;
  for (const auto line : split(changelog, '\n')) {
    if (const auto version = version_in_heading(line); !version.empty()) {
      finish(entry, entries);
      if (entries.size() == kMostEntries || deb::compare_versions(version, after) <= 0) return entries;
      if (deb::compare_versions(version, upto) <= 0) entry.version = version;
    } else if (line.starts_with(" -- ")) {
      finish(entry, entries);
    } else if (!entry.version.empty() && entry.text.size() < kMostText) {
      entry.text += fmt::format("{}\n", line);
    }
  }
  finish(entry, entries);
  return entries;
}

std::string find_changelog(const SystemFiles& files, std::string_view package) {
  for (const auto* name : {"changelog.Debian.gz", "changelog.gz"}) {
    const auto packed = files.text(fmt::format("/usr/share/doc/{}/{}", package, name), mebibytes(8));
    if (packed) return unzip(*packed);
  }
  return {};
}

}  // namespace keelson::inspect
