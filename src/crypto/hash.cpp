#include "crypto/hash.h"

#include <openssl/evp.h>

#include "base/error.h"
#include "sys/file.h"

namespace keelson {

struct Sha256Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void require(bool good) {
  if (!good) throw Error(ErrorKind::Internal, "cannot compute a SHA-256 digest: OpenSSL refused");
}

}  // namespace

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
  require(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(ByteView bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::finish() {
  Sha256 digest;
  require(EVP_DigestFinal_ex(state_->context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

// No algorithm: that of before. To look one up takes as long as hashing a few hundred bytes.
void Sha256Hasher::restart() { require(EVP_DigestInit_ex(state_->context, nullptr, nullptr) == 1); }

Sha256 SaltedSha256::digest(ByteView bytes) {
  hasher_.restart();
  hasher_.update(salt_);
  hasher_.update(bytes);
  return hasher_.finish();
}

Sha256 sha256(ByteView bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Sha256 sha256_file(const std::filesystem::path& path) {
  Sha256Hasher hasher;
  read_file_in_pieces(path, [&](ByteView piece) { hasher.update(piece); });
  return hasher.finish();
}

}  // namespace keelson
