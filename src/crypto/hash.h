/// SHA-256 through OpenSSL (which uses the processor's own instructions where there are any).
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/sha256.h"

namespace keelson {

/// Hashes bytes that come in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  void update(ByteView bytes);
  void update(std::string_view text) { update(as_bytes(text)); }
  /// The digest of everything so far; before the hasher is used again comes restart().
  Sha256 finish();
  void restart();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Digests of many pieces that each follow the same salt, cheaper than a hasher for each.
class SaltedSha256 {
 public:
  explicit SaltedSha256(ByteView salt) : salt_(salt.begin(), salt.end()) {}

  /// Of the salt and these bytes.
  Sha256 digest(ByteView bytes);

 private:
  Bytes salt_;
  Sha256Hasher hasher_;
};

Sha256 sha256(ByteView bytes);
inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }

/// Reads the whole file. @throws Error as for opening and reading it.
Sha256 sha256_file(const std::filesystem::path& path);

}  // namespace keelson
