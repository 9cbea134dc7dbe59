/// Many certificates in one PEM text, as systems keep those that they trust: of keys of any kind, and only for being
/// told about. Spec: RFC 7468, RFC 5280.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

struct BundledCertificate {
  std::string subject;         ///< as RFC 2253 writes it, without control characters
  std::int64_t not_after = 0;  ///< seconds since the epoch
};

struct CertificateBundle {
  std::vector<BundledCertificate> certificates;  ///< in the order of the text
  std::size_t unreadable = 0;                    ///< that begin like one and are none
};

/// @param most certificates that are read; what follows is left out.
CertificateBundle read_certificate_bundle(std::string_view pem, std::size_t most = 2000);

}  // namespace keelson
