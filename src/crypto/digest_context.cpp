#include "crypto/digest_context.h"

#include "base/error.h"

namespace keelson {

namespace {

void require(bool good) {
  if (!good) throw Error(ErrorKind::Internal, "cannot compute a digest: OpenSSL refused");
}

}  // namespace

DigestContext::DigestContext(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
  const bool good = context_ != nullptr && EVP_DigestInit_ex(context_, algorithm, nullptr) == 1;
  if (!good) EVP_MD_CTX_free(context_);
  require(good);
}

DigestContext::~DigestContext() { EVP_MD_CTX_free(context_); }

void DigestContext::update(ByteView bytes) { require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1); }

void DigestContext::finish(std::uint8_t* digest) { require(EVP_DigestFinal_ex(context_, digest, nullptr) == 1); }

// No algorithm: that of before. To look one up takes as long as hashing a few hundred bytes.
void DigestContext::restart() { require(EVP_DigestInit_ex(context_, nullptr, nullptr) == 1); }

}  // namespace keelson
