#include "formats/initramfs/archive_scanner.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace keelson::initramfs {

namespace {

constexpr std::size_t kHeader = 110;
constexpr std::size_t kLongestName = 4096;  // PATH_MAX, the kernel's own limit
constexpr std::string_view kTrailer = "TRAILER!!!";
enum Field : std::size_t { kMode = 1, kSize = 6, kNameSize = 11 };

Error bad(const char* rule) { return {ErrorKind::BadInput, std::string("cannot read a cpio archive: ") + rule}; }

std::uint32_t field(std::string_view header, std::size_t number) {
  const std::string_view digits = header.substr(6 + number * 8, 8);
  std::uint32_t value = 0;
  const auto result = std::from_chars(digits.begin(), digits.end(), value, 16);
  if (result.ec != std::errc() || result.ptr != digits.end()) throw bad("a header's field is not hexadecimal");
  return value;
}

}  // namespace

std::size_t ArchiveScanner::collect(ByteView piece, std::size_t wanted) {
  const std::size_t count = std::min(piece.size(), wanted - text_.size());
  text_ += as_text(piece.first(count));
  return count;
}

void ArchiveScanner::pad_then(State next) {
  left_ = (4 - at_ % 4) % 4;
  after_padding_ = next;
  state_ = State::Padding;
}

void ArchiveScanner::read_header() {
  if (!text_.starts_with("070701") && !text_.starts_with("070702")) throw bad("a header does not begin with '070701'");
  entry_ = {.path = {}, .mode = field(text_, kMode), .size = {field(text_, kSize)}, .digest = {}};
  name_size_ = field(text_, kNameSize);
  if (name_size_ < 2 || name_size_ > kLongestName) throw bad("a name's length is out of range");
  text_.clear();
  state_ = State::Name;
}

void ArchiveScanner::read_name() {
  if (text_.back() != '\0') throw bad("a name does not end in a zero byte");
  text_.pop_back();
  if (text_.find('\0') != std::string::npos) throw bad("a name holds a zero byte");
  is_trailer_ = text_ == kTrailer;
  entry_.path = std::move(text_);
  text_.clear();
  hasher_.restart();
  pad_then(State::Data);
}

void ArchiveScanner::finish_entry() {
  if (!is_trailer_) {
    entry_.digest = hasher_.finish();
    found_(std::move(entry_));
  }
  pad_then(State::Header);
}

std::size_t ArchiveScanner::take(ByteView piece) {
  std::size_t used = 0;
  const auto rest = [&] { return piece.subspan(used); };
  // A file without data and a padding of nothing need no further byte.
  for (;;) {
    std::size_t count = 0;
    switch (state_) {
      case State::Header:
      case State::Name: {
        const std::size_t wanted = state_ == State::Header ? kHeader : name_size_;
        if (rest().empty()) return used;
        count = collect(rest(), wanted);
        at_ += count;
        if (text_.size() == wanted) state_ == State::Header ? read_header() : read_name();
        break;
      }
      case State::Data:
        count = static_cast<std::size_t>(std::min<std::uint64_t>(rest().size(), left_));
        if (left_ > 0 && count == 0) return used;
        hasher_.update(rest().first(count));
        at_ += count;
        left_ -= count;
        if (left_ == 0) finish_entry();
        break;
      case State::Padding:
        count = static_cast<std::size_t>(std::min<std::uint64_t>(rest().size(), left_));
        if (left_ > 0 && count == 0) return used;
        at_ += count;
        left_ -= count;
        if (left_ > 0) break;
        state_ = after_padding_;
        if (state_ == State::Data) left_ = entry_.size.value;
        if (state_ == State::Header && is_trailer_) {
          at_ = 0;
          is_trailer_ = false;
          return used + count;
        }
        break;
    }
    used += count;
  }
}

}  // namespace keelson::initramfs
