/// An RSA key that signs: in a file, or in a token that never gives it out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct evp_pkey_st;  // OpenSSL's

namespace keelson {

class PrivateKey {
 public:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> handle) : handle_(std::move(handle)) {}

  unsigned bits() const;
  /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) over SHA-256: the same key and bytes give the same signature.
  /// @throws Error(Refused) if the token says no.
  Bytes sign(ByteView bytes) const;
  /// PKCS#8, not encrypted. @throws Error(Refused) for a key that a token keeps.
  std::string pem() const;
  Bytes public_der() const;        ///< SubjectPublicKeyInfo (RFC 5280)
  std::string public_pem() const;  ///< the same, as text
  evp_pkey_st* handle() const { return handle_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> handle_;
};

/// The fewest bits that firmware and kernel should trust, and the most that firmware is known to take.
inline constexpr unsigned kLeastRsaBits = 2048;
inline constexpr unsigned kMostRsaBits = 4096;

/// From OpenSSL's random numbers. @param bits 2048, 3072 or 4096.
PrivateKey generate_rsa_key(unsigned bits);

/// Whether a place is a URI of RFC 7512 rather than a file.
bool is_pkcs11_uri(std::string_view place);

/// Reads a key: a PEM file, or, for "pkcs11:…", the one that OpenSSL's provider for PKCS#11 finds (its configuration
/// and its PIN come with the URI: pin-source or pin-value). Nothing is asked on a terminal.
/// @throws Error(NotFound), Error(Refused) if it may not be read, Error(BadInput) if it is encrypted, no RSA key, or
/// has fewer than 2048 bits; Error(Unavailable) if OpenSSL has no provider for PKCS#11.
PrivateKey read_private_key(const std::string& place);

}  // namespace keelson
