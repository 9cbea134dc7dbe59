#include "crypto/md5.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/sha256.h"

namespace keelson {

std::optional<std::string> md5_hex(const std::function<void(const std::function<void(ByteView)>&)>& each) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) return std::nullopt;
  each([&](ByteView bytes) {
    if (EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1)
      throw Error(ErrorKind::Internal, "cannot compute a digest: OpenSSL refused");
  });
  std::array<std::uint8_t, 16> digest{};
  if (EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1)
    throw Error(ErrorKind::Internal, "cannot compute a digest: OpenSSL refused");
  return to_hex(digest.data(), digest.size());
}

}  // namespace keelson
