/// Reads cpio archives that come in pieces, and keeps nothing of a file but its digest.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "crypto/hash.h"
#include "formats/initramfs/initramfs.h"

namespace keelson::initramfs {

class ArchiveScanner {
 public:
  using Found = std::function<void(Entry)>;

  explicit ArchiveScanner(Found found) : found_(std::move(found)) {}

  /// Takes what belongs to the archive. @return how much: less than all when the archive ends within the piece.
  /// @throws Error(BadInput) for what is no newc archive.
  std::size_t take(ByteView piece);
  /// Whether no archive is open: before the first byte and after a trailer.
  bool is_between() const { return state_ == State::Header && text_.empty() && at_ == 0; }

 private:
  enum class State { Header, Name, Data, Padding };

  std::size_t collect(ByteView piece, std::size_t wanted);
  void read_header();
  void read_name();
  void finish_entry();
  void pad_then(State next);

  Found found_;
  State state_ = State::Header;
  State after_padding_ = State::Header;
  std::string text_;      // of a header or a name, so far
  std::uint64_t at_ = 0;  // within the archive
  std::size_t name_size_ = 0;
  std::uint64_t left_ = 0;  // of data or of padding
  Entry entry_;
  Sha256Hasher hasher_;
  bool is_trailer_ = false;
};

}  // namespace keelson::initramfs
