// Packages: a hash table of Berkeley DB. Its pages have keys and values in turn; a key is a package's number, a value
// its header blob, or says on which chain of further pages that is. Key 0 counts the packages. Buckets are not looked
// for: all pages are gone through, for all packages are wanted. Source: Berkeley DB 5.3, src/dbinc/db_page.h (there is
// no other description). Integers are those of the machine that wrote it, which the magic number tells.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "formats/rpmdb/database.h"
#include "formats/rpmdb/forms.h"

namespace keelson::rpmdb {

namespace {

constexpr std::uint32_t kHashMagic = 0x061561, kHashMagicSwapped = 0x61150600, kTreeMagic = 0x053162;
constexpr std::uint8_t kHashMeta = 8, kUnsortedHashPage = 2, kHashPage = 13, kOverflowPage = 7;
constexpr std::uint8_t kInPage = 1, kOffPage = 3;  // items
constexpr std::size_t kPageHead = 26;
constexpr std::size_t kOffPageItem = 12;

class Table {
 public:
  explicit Table(ByteView content) : content_(content), file_(content, "Berkeley DB") {
    const auto is = [&](std::uint32_t magic) { return content.size() >= 512 && file_.u32le(12) == magic; };
    swapped_ = is(kHashMagicSwapped);
    if (is(kTreeMagic)) refuse_database("it is a tree of Berkeley DB, and no hash table: an index of packages");
    if ((!swapped_ && !is(kHashMagic)) || file_.u8(25) != kHashMeta)
      refuse_database("it is no hash table of Berkeley DB");
    if (file_.u8(24) != 0) refuse_database("it is encrypted");
    const std::uint32_t version = u32(16);
    if (version < 7 || version > 10) refuse_database(fmt::format("version {} of the hash table is not known", version));
    page_size_ = u32(20);
    if (page_size_ < 512 || page_size_ > 65536 || (page_size_ & (page_size_ - 1)) != 0)
      refuse_database(fmt::format("it claims pages of {} bytes", page_size_));
    pages_ = content.size() / page_size_;
    if (u32(32) >= pages_) refuse_database(fmt::format("it is cut off: page {} is not there", u32(32)));
  }

  void read(const Take& take) {
    Budget budget(content_.size());
    // By number, so that the order does not depend on how the table grew: number -> page and place on it.
    std::map<std::uint32_t, std::pair<std::size_t, std::size_t>> packages;
    for (std::size_t page = 1; page < pages_; ++page) {
      const std::uint8_t type = file_.u8(page * page_size_ + 25);
      if (type == kHashPage || type == kUnsortedHashPage) find_on(page, packages);
    }
    for (const auto& [number, place] : packages) {
      const ByteView blob = value_at(place.first, place.second);
      budget.take(blob.size());
      take(blob);
    }
  }

 private:
  std::uint32_t u32(std::size_t at) const { return swapped_ ? file_.u32be(at) : file_.u32le(at); }
  std::uint16_t u16(std::size_t at) const { return swapped_ ? file_.u16be(at) : file_.u16le(at); }

  [[noreturn]] static void refuse_page(std::size_t page, std::string_view why) {
    refuse_database(fmt::format("page {} {}", page, why));
  }

  // Items are laid from the page's end towards its head: each ends where the one before begins.
  ByteView item(std::size_t page, std::size_t index) const {
    const std::size_t at = page * page_size_ + kPageHead;
    const std::size_t begin = u16(at + 2 * index);
    std::size_t end = index == 0 ? page_size_ : u16(at + 2 * (index - 1));
    // An offset of 65536 does not fit; pages of that size end their first item there.
    if (begin < kPageHead || begin >= end || end > page_size_) refuse_page(page, "has an item that lies outside");
    return content_.subspan(page * page_size_ + begin, end - begin);
  }

  void find_on(std::size_t page, std::map<std::uint32_t, std::pair<std::size_t, std::size_t>>& packages) const {
    const std::size_t items = u16(page * page_size_ + 20);
    if (items % 2 != 0 || kPageHead + 2 * items > page_size_) refuse_page(page, fmt::format("claims {} items", items));
    for (std::size_t i = 0; i < items; i += 2) {
      const ByteView key = item(page, i);
      if (std::to_integer<std::uint8_t>(key[0]) != kInPage || key.size() != 5)
        refuse_page(page, "has a key that is no package's number");
      const ByteReader reader(key, "key");
      const std::uint32_t number = swapped_ ? reader.u32be(1) : reader.u32le(1);
      if (number == 0) continue;
      if (!packages.emplace(number, std::pair(page, i + 1)).second) refuse_page(page, "has a package once more");
      if (packages.size() > kMostPackages) refuse_database("it has more than 200,000 packages");
    }
  }

  ByteView value_at(std::size_t page, std::size_t index) {
    const ByteView value = item(page, index);
    const auto type = std::to_integer<std::uint8_t>(value[0]);
    if (type == kInPage) return value.subspan(1);
    if (type != kOffPage || value.size() != kOffPageItem) refuse_page(page, "has a value of an unknown kind");
    const ByteReader reader(value, "value");
    const std::uint32_t first = swapped_ ? reader.u32be(4) : reader.u32le(4);
    const std::uint32_t size = swapped_ ? reader.u32be(8) : reader.u32le(8);
    if (size > content_.size()) refuse_page(page, "has a value that is larger than the file");
    return follow(first, size);
  }

  // A chain has at most as many pages as it needs for its size, so one that returns into itself ends.
  ByteView follow(std::size_t page, std::size_t size) {
    blob_.clear();
    while (blob_.size() < size) {
      if (page == 0 || page >= pages_ || file_.u8(page * page_size_ + 25) != kOverflowPage)
        refuse_page(page, "should continue a package, and does not");
      const std::size_t at = page * page_size_;
      const std::size_t length = u16(at + 22);
      if (length == 0 || length > page_size_ - kPageHead || length > size - blob_.size())
        refuse_page(page, fmt::format("claims {} bytes of a package", length));
      const ByteView part = content_.subspan(at + kPageHead, length);
      blob_.insert(blob_.end(), part.begin(), part.end());
      page = u32(at + 16);
    }
    return blob_;
  }

  ByteView content_;
  ByteReader file_;
  bool swapped_ = false;
  std::size_t page_size_ = 0;
  std::size_t pages_ = 0;
  Bytes blob_;
};

}  // namespace

void read_berkeley(ByteView content, const Take& take) { Table(content).read(take); }

}  // namespace keelson::rpmdb
