#include "packages/deb/resolve/name_directory.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kMagic = "KEELNAME";
constexpr std::size_t kHeaderSize = 24;
constexpr std::size_t kEntrySize = 16;
constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kMostIndices = 255;

struct DraftEntry {
  std::string_view name;
  bool provider = false;
  bool essential = false;
  StanzaPlace place;

  auto key() const { return std::tuple(name, provider, place.index, place.offset); }
};

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::BadInput, "cannot read 'name directory': " + why);
}

std::vector<DraftEntry> collect(std::span<const std::string_view> texts, std::string_view architecture) {
  std::vector<DraftEntry> entries;
  for (std::uint32_t index = 0; index < texts.size(); ++index) {
    read_headings(texts[index], index, "Packages", [&](const PackageHeading& heading) {
      if (heading.architecture != architecture && heading.architecture != "all") return;
      entries.push_back({heading.name, false, heading.essential, heading.place});
      if (heading.provides.empty()) return;
      for (const auto& provided : parse_relation_list(heading.provides, "Provides of " + std::string(heading.name))) {
        entries.push_back({provided.name, true, false, heading.place});
      }
    });
  }
  std::sort(entries.begin(), entries.end(), [](const DraftEntry& a, const DraftEntry& b) { return a.key() < b.key(); });
  // A package may provide one name in several versions; the directory only says that it does.
  const auto same = [](const DraftEntry& a, const DraftEntry& b) { return a.key() == b.key(); };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

}  // namespace

Bytes make_name_directory(std::span<const std::string_view> texts, std::string_view architecture) {
  if (texts.size() > kMostIndices) throw Error(ErrorKind::BadInput, "cannot resolve packages: more than 255 indices");
  const auto entries = collect(texts, architecture);
  std::string names;
  std::vector<std::uint32_t> essentials;
  ByteWriter body;
  std::string_view last;
  std::size_t last_at = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (entry.name != last) {
      last = entry.name;
      last_at = names.size();
      names += entry.name;
    }
    body.u32le(static_cast<std::uint32_t>(last_at));
    body.u16le(static_cast<std::uint16_t>(entry.name.size()));
    body.u8(static_cast<std::uint8_t>(entry.place.index));
    body.u8(entry.provider ? 1 : 0);
    body.u32le(entry.place.offset);
    body.u32le(entry.place.length);
    if (entry.essential) essentials.push_back(static_cast<std::uint32_t>(i));
  }
  ByteWriter file;
  file.text(kMagic);
  file.u32le(kNameDirectoryFormat);
  file.u32le(static_cast<std::uint32_t>(entries.size()));
  file.u32le(static_cast<std::uint32_t>(essentials.size()));
  file.u32le(static_cast<std::uint32_t>(names.size()));
  file.bytes(body.view());
  for (const auto number : essentials) file.u32le(number);
  file.text(names);
  const auto digest = sha256(file.view());
  file.bytes(std::as_bytes(std::span(digest.bytes)));
  return file.take();
}

NameDirectory::NameDirectory(ByteView bytes) : reader_(bytes, "name directory") {
  if (bytes.size() < kHeaderSize + kDigestSize || reader_.text(0, kMagic.size()) != kMagic) refuse("it is not one");
  if (reader_.u32le(8) != kNameDirectoryFormat) refuse("its format is another one");
  entries_ = reader_.u32le(12);
  essentials_ = reader_.u32le(16);
  const std::size_t essentials_at = kHeaderSize + entries_ * kEntrySize;
  names_at_ = essentials_at + essentials_ * 4;
  if (names_at_ + reader_.u32le(20) + kDigestSize != bytes.size()) refuse("its size is wrong");
  const auto digest = sha256(bytes.first(bytes.size() - kDigestSize));
  if (std::memcmp(digest.bytes.data(), bytes.data() + bytes.size() - kDigestSize, kDigestSize) != 0) {
    refuse("its digest is wrong");
  }
}

NameDirectory::Entry NameDirectory::entry(std::size_t number) const {
  const std::size_t at = kHeaderSize + number * kEntrySize;
  return {.name = reader_.text(names_at_ + reader_.u32le(at), reader_.u16le(at + 4)),
          .provider = reader_.u8(at + 7) != 0,
          .place = {.index = reader_.u8(at + 6), .offset = reader_.u32le(at + 8), .length = reader_.u32le(at + 12)}};
}

NameDirectory::Entries NameDirectory::find(std::string_view name) const {
  std::size_t low = 0;
  std::size_t high = entries_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (entry(middle).name < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  Entries found;
  for (; low < entries_; ++low) {
    const Entry next = entry(low);
    if (next.name != name) break;
    (next.provider ? found.providers : found.packages).push_back(next.place);
  }
  return found;
}

std::vector<StanzaPlace> NameDirectory::essential() const {
  std::vector<StanzaPlace> places;
  for (std::size_t i = 0; i < essentials_; ++i) {
    const std::size_t number = reader_.u32le(kHeaderSize + entries_ * kEntrySize + i * 4);
    if (number >= entries_) refuse("an essential package is out of range");
    places.push_back(entry(number).place);
  }
  return places;
}

std::vector<std::string> NameDirectory::package_names() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < entries_; ++i) {
    const Entry next = entry(i);
    if (!next.provider && (names.empty() || names.back() != next.name)) names.emplace_back(next.name);
  }
  return names;
}

}  // namespace keelson::deb
