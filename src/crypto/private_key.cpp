#include "crypto/private_key.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/error.h"
#include "crypto/openssl.h"
#include "sys/file.h"

namespace keelson {
namespace {

using Handle = std::shared_ptr<EVP_PKEY>;

constexpr ByteCount kLargestKeyFile = kibibytes(64);  // 16384 bits take 13 KiB

Handle own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

Error cannot_read(const std::string& place, std::string_view why, std::string hint = {}) {
  return {ErrorKind::BadInput, fmt::format("cannot read private key '{}': {}", place, why), std::move(hint)};
}

// Called for an encrypted file: remembers that it was, and has no answer.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Handle read_file_key(const std::string& place) {
  const std::string text = read_file(place, kLargestKeyFile);
  const auto bio = openssl::memory(as_bytes(text));
  bool asked = false;
  ERR_clear_error();
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked);
  const std::string reason = openssl::reason();
  if (key != nullptr) return own(key);
  if (asked)
    throw cannot_read(place, "it is encrypted", "decrypt it, or keep it in a token and give its 'pkcs11:' URI");
  throw cannot_read(place, fmt::format("it is not a PEM file with a key ({})", reason));
}

// Providers are loaded once, into the process, and stay: keys that came from one need it as long as they live.
void require_pkcs11_provider() {
  static OSSL_PROVIDER* const provider = [] {
    OSSL_PROVIDER* loaded = OSSL_PROVIDER_load(nullptr, "pkcs11");
    if (loaded != nullptr) OSSL_PROVIDER_load(nullptr, "default");  // naming one switches the automatic one off
    return loaded;
  }();
  ERR_clear_error();
  if (provider == nullptr) {
    throw Error(ErrorKind::Unavailable, "cannot use 'pkcs11' keys: OpenSSL has no provider of that name",
                "install pkcs11-provider, and name the token's module in PKCS11_PROVIDER_MODULE or openssl.cnf");
  }
}

// What an error may say: the PIN is part of the URI's query.
std::string without_query(const std::string& uri) { return uri.substr(0, uri.find('?')); }

Handle read_token_key(const std::string& uri) {
  require_pkcs11_provider();
  const std::string shown = without_query(uri);
  const std::unique_ptr<OSSL_STORE_CTX, openssl::Free<OSSL_STORE_close>> store(
      OSSL_STORE_open(uri.c_str(), UI_null(), nullptr, nullptr, nullptr));
  if (!store) throw cannot_read(shown, openssl::reason());
  OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY);
  while (OSSL_STORE_eof(store.get()) == 0) {
    const std::unique_ptr<OSSL_STORE_INFO, openssl::Free<OSSL_STORE_INFO_free>> info(OSSL_STORE_load(store.get()));
    if (!info) break;
    if (EVP_PKEY* key = OSSL_STORE_INFO_get1_PKEY(info.get())) return own(key);
  }
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot read private key '{}': the token has no such key ({})", shown, openssl::reason()),
              "a private key is found after a log-in only: give pin-source or pin-value in the URI");
}

}  // namespace

unsigned PrivateKey::bits() const { return static_cast<unsigned>(EVP_PKEY_get_bits(handle_.get())); }

Bytes PrivateKey::sign(ByteView bytes) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  bool good = context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, handle_.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, openssl::data_of(bytes), bytes.size()) == 1;
  Bytes signature(size);
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                openssl::data_of(bytes), bytes.size()) == 1;
  if (!good) throw Error(ErrorKind::Refused, fmt::format("cannot sign with 'private key': {}", openssl::reason()));
  signature.resize(size);
  return signature;
}

std::string PrivateKey::pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), handle_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    throw Error(ErrorKind::Refused, fmt::format("cannot write 'private key': {}", openssl::reason()));
  return openssl::written(bio.get());
}

Bytes PrivateKey::public_der() const {
  return openssl::encoded([&](unsigned char** out) { return i2d_PUBKEY(handle_.get(), out); });
}

std::string PrivateKey::public_pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), handle_.get()) != 1)
    throw Error(ErrorKind::Refused, fmt::format("cannot write 'public key': {}", openssl::reason()));
  return openssl::written(bio.get());
}

PrivateKey generate_rsa_key(unsigned bits) {
  EVP_PKEY* key = EVP_RSA_gen(bits);
  if (key == nullptr) throw Error(ErrorKind::Internal, fmt::format("cannot make 'RSA key': {}", openssl::reason()));
  return PrivateKey(own(key));
}

bool is_pkcs11_uri(std::string_view place) { return place.starts_with("pkcs11:"); }

PrivateKey read_private_key(const std::string& place) {
  const bool token = is_pkcs11_uri(place);
  PrivateKey key(token ? read_token_key(place) : read_file_key(place));
  const std::string shown = token ? without_query(place) : place;
  if (EVP_PKEY_is_a(key.handle(), "RSA") != 1)
    throw cannot_read(shown, "it is no RSA key, and firmware verifies no others", "make keys with 'keelson keys new'");
  if (key.bits() < kLeastRsaBits)
    throw cannot_read(shown, fmt::format("it has {} bits, and {} are the least", key.bits(), kLeastRsaBits),
                      "make keys with 'keelson keys new'");
  return key;
}

}  // namespace keelson
