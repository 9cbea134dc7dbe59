#include "formats/initramfs/initramfs.h"

#include <algorithm>

#include "base/error.h"
#include "formats/initramfs/archive_scanner.h"

namespace keelson::initramfs {

namespace {

// Documentation/arch/x86/microcode.rst: where an early part has it.
constexpr std::string_view kMicrocode = "kernel/x86/microcode/";

class Reader {
 public:
  Reader(ByteView bytes, const Limits& limits)
      : bytes_(bytes), limits_(limits), scanner_([this](Entry entry) { add(std::move(entry)); }) {}

  Initramfs read() {
    try {
      while (skip_zeros()) read_part();
    } catch (const Error& error) {
      result_.trouble = error.message();
    }
    return std::move(result_);
  }

 private:
  static Error beyond(const char* what) { return {ErrorKind::BadInput, std::string("cannot read all of it: ") + what}; }

  // @return whether there is anything behind them.
  bool skip_zeros() {
    while (at_ < bytes_.size() && bytes_[at_] == std::byte{0}) ++at_;
    return at_ < bytes_.size();
  }

  void read_part() {
    if (result_.parts.size() == limits_.parts) throw beyond("it has too many parts");
    const ByteView rest = bytes_.subspan(at_);
    const Compression compression = compression_of(rest);
    result_.parts.push_back({.compression = compression, .size = {rest.size()}, .unpacked = {}});
    std::size_t size = 0;
    if (compression == Compression::None) {
      size = scanner_.take(rest);
      count_unpacked(size);
    } else {
      size = decompress(compression, rest, [this](ByteView piece) {
        count_unpacked(piece.size());
        take_archives(piece);
      });
      if (part().unpacked.value == 0) throw Error(ErrorKind::BadInput, "cannot read all of it: a part is empty");
    }
    part().size = {size};
    at_ += size;
    if (!scanner_.is_between()) throw Error(ErrorKind::BadInput, "cannot read all of it: an archive has no end");
  }

  void take_archives(ByteView piece) {
    while (!piece.empty()) {
      if (scanner_.is_between()) {
        const auto begin = std::find_if(piece.begin(), piece.end(), [](std::byte b) { return b != std::byte{0}; });
        piece = piece.subspan(static_cast<std::size_t>(begin - piece.begin()));
        if (piece.empty()) return;
      }
      piece = piece.subspan(scanner_.take(piece));
    }
  }

  void count_unpacked(std::size_t size) {
    part().unpacked = part().unpacked + ByteCount{size};
    unpacked_ += size;
    if (unpacked_ > limits_.unpacked.value) throw beyond("it unpacks to more than any initrd");
  }

  void add(Entry entry) {
    names_ += entry.path.size();
    if (result_.entries.size() == limits_.entries) throw beyond("it has too many entries");
    if (names_ > limits_.names.value) throw beyond("its names are too long");
    ++part().entries;
    if (entry.path.starts_with(kMicrocode)) part().is_microcode = true;
    result_.entries.push_back(std::move(entry));
  }

  Part& part() { return result_.parts.back(); }

  ByteView bytes_;
  const Limits& limits_;
  Initramfs result_;
  ArchiveScanner scanner_;
  std::size_t at_ = 0;
  std::uint64_t unpacked_ = 0;
  std::uint64_t names_ = 0;
};

}  // namespace

Initramfs read_initramfs(ByteView bytes, const Limits& limits) { return Reader(bytes, limits).read(); }

}  // namespace keelson::initramfs
