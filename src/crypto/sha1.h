/// SHA-1, only for formats that name things by it and trust nothing to it: an SPDX document has one for each file
/// (SPDX 2.3, 8.4), and a package's verification code is made of them (7.9).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace keelson {

struct Sha1 {
  std::array<std::uint8_t, 20> bytes{};

  /// 40 lower-case hexadecimal digits.
  std::string hex() const;
  auto operator<=>(const Sha1&) const = default;
};

/// Hashes bytes that come in pieces.
class Sha1Hasher {
 public:
  Sha1Hasher();
  ~Sha1Hasher();
  Sha1Hasher(const Sha1Hasher&) = delete;
  Sha1Hasher& operator=(const Sha1Hasher&) = delete;

  void update(ByteView bytes);
  /// The digest of everything; the hasher is used up.
  Sha1 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha1 sha1(ByteView bytes);

}  // namespace keelson
