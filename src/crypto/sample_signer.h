/// For tests: a key and a certificate, made once per program (an RSA key takes a moment).
#pragma once

#include "crypto/certificate.h"

namespace keelson {

inline constexpr std::int64_t kSampleStart = 1'700'000'000;
inline constexpr std::int64_t kSampleEnd = 1'900'000'000;

inline Signer make_sample_signer(const std::string& name) {
  PrivateKey key = generate_rsa_key(2048);
  Certificate certificate = make_certificate(
      {.common_name = name, .not_before = kSampleStart, .not_after = kSampleEnd, .signs_code = true}, key);
  return {std::move(key), std::move(certificate)};
}

inline const Signer& sample_signer() {
  static const Signer signer = make_sample_signer("sample key");
  return signer;
}

inline const Signer& other_signer() {
  static const Signer signer = make_sample_signer("other key");
  return signer;
}

}  // namespace keelson
