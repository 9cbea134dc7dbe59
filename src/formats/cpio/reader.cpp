#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/error.h"
#include "formats/cpio/archive.h"

namespace keelson::cpio {
namespace {

constexpr std::size_t kHeaderSize = 110;
constexpr std::size_t kFieldCount = 13;
constexpr std::size_t kMaximumPath = 4096;  // PATH_MAX, the kernel's own limit
constexpr std::string_view kTrailer = "TRAILER!!!";
enum Field : std::size_t { kMode = 1, kUid = 2, kGid = 3, kSize = 6, kMajor = 9, kMinor = 10, kNameSize = 11 };

class Reader {
 public:
  Reader(ByteView bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  std::vector<Entry> read_all() {
    std::vector<Entry> entries;
    for (;;) {
      Entry entry = read_entry();
      if (entry.path == kTrailer) return entries;
      if (entries.size() == kMaximumEntries) throw bad("it has too many entries");
      entries.push_back(std::move(entry));
    }
  }

 private:
  Error bad(std::string_view rule) const {
    return {ErrorKind::BadInput, fmt::format("cannot read cpio archive '{}': {} (at byte {})", name_, rule, offset_)};
  }

  std::string_view take(std::size_t count, std::string_view what) {
    if (count > bytes_.size() - offset_) throw bad(fmt::format("it ends inside {}", what));
    const std::string_view text = as_text(bytes_.subspan(offset_, count));
    offset_ += count;
    return text;
  }

  void skip_padding() { offset_ = std::min(bytes_.size(), (offset_ + 3) / 4 * 4); }

  std::array<std::uint32_t, kFieldCount> read_fields() {
    const std::string_view header = take(kHeaderSize, "a header");
    if (!header.starts_with("070701")) throw bad("a header does not begin with '070701'");
    std::array<std::uint32_t, kFieldCount> fields{};
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      const std::string_view digits = header.substr(6 + i * 8, 8);
      const auto result = std::from_chars(digits.begin(), digits.end(), fields[i], 16);
      if (result.ec != std::errc() || result.ptr != digits.end()) throw bad("a header's field is not hexadecimal");
    }
    return fields;
  }

  Entry read_entry() {
    const auto fields = read_fields();
    if (fields[kNameSize] < 2 || fields[kNameSize] > kMaximumPath) throw bad("a name's length is out of range");
    std::string_view path = take(fields[kNameSize], "a name");
    if (path.back() != '\0') throw bad("a name does not end in a zero byte");
    path.remove_suffix(1);
    if (path.find('\0') != std::string_view::npos) throw bad("a name holds a zero byte");
    skip_padding();
    const std::string_view data = take(fields[kSize], "a file's data");
    skip_padding();
    return {.path = std::string(path),
            .mode = fields[kMode],
            .uid = fields[kUid],
            .gid = fields[kGid],
            .device_major = fields[kMajor],
            .device_minor = fields[kMinor],
            .data = std::string(data)};
  }

  ByteView bytes_;
  std::string_view name_;
  std::size_t offset_ = 0;
};

}  // namespace

std::vector<Entry> parse_archive(ByteView bytes, std::string_view name) { return Reader(bytes, name).read_all(); }

}  // namespace keelson::cpio
