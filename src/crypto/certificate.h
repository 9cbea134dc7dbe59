/// X.509 certificates: read, made, and asked what signing and verifying need to know.
/// Spec: RFC 5280.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/sha256.h"
#include "crypto/private_key.h"

struct x509_st;  // OpenSSL's

namespace keelson {

class Certificate {
 public:
  explicit Certificate(std::shared_ptr<x509_st> handle) : handle_(std::move(handle)) {}

  std::string subject() const;  ///< as RFC 2253 writes it: "CN=db key"
  Bytes der() const;
  std::string pem() const;
  Sha256 fingerprint() const;       ///< of the DER
  Sha256 key_fingerprint() const;   ///< of the public key's DER (SubjectPublicKeyInfo)
  unsigned bits() const;            ///< of its key
  std::int64_t not_before() const;  ///< seconds since the epoch
  std::int64_t not_after() const;
  Bytes issuer_der() const;  ///< its Name
  Bytes serial_der() const;  ///< its INTEGER

  /// Whether `key` is the private half of its key.
  bool matches(const PrivateKey& key) const;
  /// Whether this is RSASSA-PKCS1-v1_5 with SHA-256 over the bytes, made with its key.
  bool verify(ByteView bytes, ByteView signature) const;

 private:
  std::shared_ptr<x509_st> handle_;
};

/// One certificate, PEM or DER, untrusted. @throws Error(BadInput) if it is none or its key is not RSA.
Certificate parse_certificate(ByteView bytes, std::string_view name);
/// @throws Error(NotFound), Error(Refused) and as above.
Certificate read_certificate(const std::filesystem::path& file);

struct CertificateOptions {
  std::string common_name;      ///< at most 64 bytes (RFC 5280, ub-common-name)
  std::int64_t not_before = 0;  ///< seconds since the epoch
  std::int64_t not_after = 0;
  bool signs_code = false;  ///< with the extended key usage that says so
};

/// A version 3 certificate that its own key signed with SHA-256, for an end entity that makes signatures. Its serial
/// number follows from the key and the options, so that the same give the same bytes.
Certificate make_certificate(const CertificateOptions& options, const PrivateKey& key);

/// A key and its certificate.
struct Signer {
  PrivateKey key;
  Certificate certificate;
};

/// Reads both and makes sure that they may be used at `now`.
/// @throws Error(BadInput) if they do not belong together; Error(Refused) if the certificate is not valid yet or any
/// more; and as read_private_key() and read_certificate().
Signer read_signer(const std::string& key, const std::filesystem::path& certificate, std::int64_t now);

/// "2026-11-26 02:29:13" of seconds since the epoch, in UTC.
std::string utc_text(std::int64_t seconds);

}  // namespace keelson
