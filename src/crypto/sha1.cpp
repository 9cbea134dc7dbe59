#include "crypto/sha1.h"

#include <openssl/evp.h>

#include "base/error.h"
#include "base/sha256.h"

namespace keelson {

struct Sha1Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void require(bool good) {
  if (!good) throw Error(ErrorKind::Internal, "cannot compute a SHA-1 digest: OpenSSL refused");
}

}  // namespace

std::string Sha1::hex() const { return to_hex(bytes.data(), bytes.size()); }

Sha1Hasher::Sha1Hasher() : state_(std::make_unique<State>()) {
  require(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha1(), nullptr) == 1);
}
Sha1Hasher::~Sha1Hasher() = default;

void Sha1Hasher::update(ByteView bytes) { require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1); }

Sha1 Sha1Hasher::finish() {
  Sha1 digest;
  require(EVP_DigestFinal_ex(state_->context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

Sha1 sha1(ByteView bytes) {
  Sha1Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace keelson
