#include "crypto/sha1.h"

#include "base/sha256.h"
#include "crypto/digest_context.h"

namespace keelson {

struct Sha1Hasher::State : DigestContext {
  State() : DigestContext(EVP_sha1()) {}
};

std::string Sha1::hex() const { return to_hex(bytes.data(), bytes.size()); }

Sha1Hasher::Sha1Hasher() : state_(std::make_unique<State>()) {}
Sha1Hasher::~Sha1Hasher() = default;

void Sha1Hasher::update(ByteView bytes) { state_->update(bytes); }

Sha1 Sha1Hasher::finish() {
  Sha1 digest;
  state_->finish(digest.bytes.data());
  return digest;
}

Sha1 sha1(ByteView bytes) {
  Sha1Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace keelson
