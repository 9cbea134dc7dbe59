/// OpenSSL's state of one digest, for the hashers of crypto/: the algorithm is the only thing in which they differ.
#pragma once

#include <openssl/evp.h>

#include <cstdint>

#include "base/bytes.h"

namespace keelson {

class DigestContext {
 public:
  explicit DigestContext(const EVP_MD* algorithm);
  DigestContext(const DigestContext&) = delete;
  DigestContext& operator=(const DigestContext&) = delete;
  ~DigestContext();

  void update(ByteView bytes);
  /// Writes as many bytes as the algorithm's digest has.
  void finish(std::uint8_t* digest);
  void restart();

 private:
  EVP_MD_CTX* context_;
};

}  // namespace keelson
