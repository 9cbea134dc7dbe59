#include "formats/rpmdb/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"

namespace keelson::rpmdb {

namespace {

constexpr std::uint32_t kMostEntries = 0xffff;          // rpm's own limit
constexpr std::uint32_t kMostData = 256 * 1024 * 1024;  // the same
constexpr std::size_t kEntrySize = 16;
constexpr std::size_t kCountsSize = 8;
// Entries that stand for a part of the header that is signed as a whole: "image", "signatures", "immutable".
constexpr std::uint32_t kFirstRegion = 61, kLastRegion = 63;

// Bytes of one value by type; texts have none of their own, but at least the one that ends them.
constexpr std::array<std::uint32_t, 10> kWidths = {0, 1, 1, 2, 4, 8, 1, 1, 1, 1};

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read the header of an RPM package: {}", why));
}

}  // namespace

Header::Header(ByteView blob) {
  const ByteReader reader(blob, "RPM header");
  const std::uint32_t entries = reader.u32be(0), size = reader.u32be(4);
  if (entries == 0 || entries > kMostEntries) refuse(fmt::format("it claims {} entries", entries));
  if (size > kMostData) refuse(fmt::format("it claims {} bytes of data", size));
  const std::size_t data_at = kCountsSize + kEntrySize * entries;
  if (blob.size() != data_at + size)
    refuse(fmt::format("it claims {} bytes, and {} are there", data_at + size, blob.size()));
  data_ = blob.subspan(data_at);
  entries_.reserve(entries);
  for (std::size_t i = 0; i < entries; ++i) entries_.push_back(read_entry(reader, i));
  check_region(reader, entries);
  // What installing wrote behind the region stands for what the package had.
  std::stable_sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
  const auto last = std::unique(entries_.rbegin(), entries_.rend(), [](auto& a, auto& b) { return a.tag == b.tag; });
  entries_.erase(entries_.begin(), last.base());
}

Header::Entry Header::read_entry(const ByteReader& reader, std::size_t number) const {
  const std::size_t at = kCountsSize + kEntrySize * number;
  const std::uint32_t type = reader.u32be(at + 4);
  if (type >= kWidths.size()) refuse(fmt::format("entry {} has the unknown type {}", number, type));
  const Entry entry{reader.u32be(at), static_cast<Type>(type), reader.u32be(at + 8), reader.u32be(at + 12)};
  const std::uint32_t width = kWidths[type];
  const bool is_text = entry.type == Type::Text;
  if (width != 0 && (entry.offset > data_.size() || entry.count > (data_.size() - entry.offset) / width))
    refuse(fmt::format("entry {} (tag {}) lies outside", number, entry.tag));
  if (entry.count == 0 || (is_text && entry.count != 1))
    refuse(fmt::format("entry {} (tag {}) claims {} values", number, entry.tag, entry.count));
  if (width > 1 && entry.offset % width != 0)
    refuse(fmt::format("entry {} (tag {}) is not aligned", number, entry.tag));
  return entry;
}

// The entry of a region points to a copy of itself at the region's end, whose offset says how many entries it covers.
void Header::check_region(const ByteReader& reader, std::uint32_t entries) const {
  const Entry& first = entries_.front();
  if (first.tag < kFirstRegion || first.tag > kLastRegion) return;  // RPM 3 had none
  if (first.type != Type::Bytes || first.count != kEntrySize) refuse("its region is none");
  // An offset of 0 is that of a header which was never read from a package: it covers all.
  if (first.offset == 0) return;
  const std::size_t at = kCountsSize + kEntrySize * entries + first.offset;
  const std::uint32_t covered = 0U - reader.u32be(at + 8);
  if (covered % kEntrySize != 0 || covered / kEntrySize > entries || covered == 0)
    refuse("its region covers more entries than there are");
}

const Header::Entry* Header::find(Tag tag) const {
  const auto wanted = static_cast<std::uint32_t>(tag);
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                      [](const Entry& entry, std::uint32_t value) { return entry.tag < value; });
  return found == entries_.end() || found->tag != wanted ? nullptr : &*found;
}

std::string_view Header::text_at(std::size_t& offset) const {
  const std::string_view rest = as_text(data_.subspan(offset));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) refuse("a text does not end");
  offset += end + 1;
  return rest.substr(0, end);
}

std::string_view Header::text(Tag tag) const {
  const Entry* entry = find(tag);
  if (entry == nullptr) return {};
  if (entry->type != Type::Text && entry->type != Type::Texts && entry->type != Type::Languages) return {};
  std::size_t offset = entry->offset;
  return text_at(offset);
}

std::vector<std::string_view> Header::texts(Tag tag) const {
  const Entry* entry = find(tag);
  if (entry == nullptr) return {};
  if (entry->type != Type::Text && entry->type != Type::Texts && entry->type != Type::Languages) return {};
  std::vector<std::string_view> values;
  values.reserve(entry->count);  // each has a byte at least: bounded by the data
  std::size_t offset = entry->offset;
  for (std::uint32_t i = 0; i < entry->count; ++i) values.push_back(text_at(offset));
  return values;
}

std::optional<std::uint64_t> Header::number(Tag tag) const {
  const auto values = numbers(tag);
  return values.empty() ? std::nullopt : std::optional(values.front());
}

std::vector<std::uint64_t> Header::numbers(Tag tag) const {
  const Entry* entry = find(tag);
  if (entry == nullptr || entry->type < Type::Char || entry->type > Type::Int64) return {};
  const ByteReader reader(data_, "RPM header");
  const std::size_t width = kWidths[static_cast<std::size_t>(entry->type)];
  std::vector<std::uint64_t> values;
  values.reserve(entry->count);
  for (std::size_t at = entry->offset; values.size() < entry->count; at += width) {
    values.push_back(width == 1   ? reader.u8(at)
                     : width == 2 ? reader.u16be(at)
                     : width == 4 ? reader.u32be(at)
                                  : reader.u64be(at));
  }
  return values;
}

ByteView Header::bytes(Tag tag) const {
  const Entry* entry = find(tag);
  if (entry == nullptr || entry->type != Type::Bytes) return {};
  return data_.subspan(entry->offset, entry->count);
}

std::size_t Header::count(Tag tag) const {
  const Entry* entry = find(tag);
  return entry == nullptr ? 0 : entry->count;
}

}  // namespace keelson::rpmdb
