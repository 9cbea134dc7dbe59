#include "crypto/hash.h"

#include "crypto/digest_context.h"
#include "sys/file.h"

namespace keelson {

struct Sha256Hasher::State : DigestContext {
  State() : DigestContext(EVP_sha256()) {}
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(ByteView bytes) { state_->update(bytes); }

Sha256 Sha256Hasher::finish() {
  Sha256 digest;
  state_->finish(digest.bytes.data());
  return digest;
}

void Sha256Hasher::restart() { state_->restart(); }

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
