#include "formats/squashfs/folder.h"

#include <algorithm>

namespace keelson::squashfs {

namespace {

constexpr std::uint64_t kLongestListing = 64u << 20;
constexpr std::size_t kMostNames = 2'000'000;
constexpr std::size_t kLongestName = 255;
constexpr std::uint32_t kMostInRun = 256;
constexpr std::size_t kRunHead = 12;
constexpr std::size_t kEntryHead = 8;
constexpr std::uint16_t kFolderType = 1;

class Listing {
 public:
  Listing(const Metadata& metadata, const Superblock& superblock, const Inode& inode)
      : inode_(inode),
        cursor_(metadata, {superblock.folder_table + inode.listing_block, inode.offset}, superblock.size),
        left_(inode.listing) {}

  Folder read() {
    if (left_ > kLongestListing) refuse(inode_.name(), "is larger than a folder can be");
    while (left_ > 0) read_run();
    auto& entries = folder_.entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto twice = std::adjacent_find(entries.begin(), entries.end(),
                                          [](const auto& a, const auto& b) { return a.name == b.name; });
    if (twice != entries.end()) refuse(inode_.name(), "has a name twice");
    return std::move(folder_);
  }

 private:
  Bytes take(std::size_t length) {
    if (length > left_) refuse(inode_.name(), "has a listing that ends within an entry");
    left_ -= length;
    return cursor_.read(length);
  }

  void read_run() {
    const Bytes head = take(kRunHead);
    const ByteReader reader(head, "squashfs listing");
    const std::uint32_t count = reader.u32le(0);  // one less than there are
    if (count >= kMostInRun) refuse(inode_.name(), "has more than 256 names in a run");
    for (std::uint32_t i = 0; i <= count; ++i) read_entry(reader.u32le(4));
  }

  void read_entry(std::uint64_t block) {
    const Bytes head = take(kEntryHead);
    const ByteReader reader(head, "squashfs entry");
    const std::size_t length = reader.u16le(6) + std::size_t{1};
    const Bytes bytes = take(length);
    const std::string_view name = as_text(bytes);
    if (length > kLongestName || name == "." || name == ".." || name.find('/') != std::string_view::npos ||
        name.find('\0') != std::string_view::npos)
      refuse(inode_.name(), "has a name that is none");
    if (folder_.entries.size() == kMostNames) refuse(inode_.name(), "has more names than are read");
    const NodeId id = block << 16 | reader.u16le(0);
    folder_.entries.push_back({.name = std::string(name), .id = id});
    if (reader.u16le(4) == kFolderType) folder_.folders.push_back(id);
  }

  const Inode& inode_;
  MetadataCursor cursor_;
  std::uint64_t left_;
  Folder folder_;
};

}  // namespace

Folder read_folder(const Metadata& metadata, const Superblock& superblock, const Inode& inode) {
  return Listing(metadata, superblock, inode).read();
}

}  // namespace keelson::squashfs
