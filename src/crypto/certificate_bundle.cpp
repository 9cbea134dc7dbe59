#include "crypto/certificate_bundle.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "crypto/openssl.h"

namespace keelson {
namespace {

constexpr std::size_t kLargest = 64u << 10;
constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

std::optional<BundledCertificate> read_one(std::string_view pem) {
  ERR_clear_error();
  const std::unique_ptr<X509, openssl::Free<X509_free>> certificate(
      PEM_read_bio_X509(openssl::memory(as_bytes(pem)).get(), nullptr, nullptr, nullptr));
  std::tm parts{};
  const bool good = certificate && ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) == 1;
  ERR_clear_error();
  if (!good) return std::nullopt;
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return BundledCertificate{.subject = openssl::written(bio.get()), .not_after = ::timegm(&parts)};
}

}  // namespace

CertificateBundle read_certificate_bundle(std::string_view pem, std::size_t most) {
  CertificateBundle bundle;
  for (std::size_t at = pem.find(kBegin); at != std::string_view::npos; at = pem.find(kBegin, at + 1)) {
    if (bundle.certificates.size() + bundle.unreadable == most) break;
    const std::size_t end = pem.find(kEnd, at);
    if (end == std::string_view::npos || end - at > kLargest) {
      ++bundle.unreadable;
      continue;
    }
    if (auto certificate = read_one(pem.substr(at, end + kEnd.size() - at)))
      bundle.certificates.push_back(std::move(*certificate));
    else
      ++bundle.unreadable;
  }
  return bundle;
}

}  // namespace keelson
