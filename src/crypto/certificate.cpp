#include "crypto/certificate.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"
#include "sys/file.h"

namespace keelson {
namespace {

constexpr ByteCount kLargestCertificate = kibibytes(64);

using Handle = std::shared_ptr<X509>;
Handle own(X509* certificate) { return {certificate, X509_free}; }

void require(int result) {
  if (result <= 0) throw Error(ErrorKind::Internal, fmt::format("cannot make 'certificate': {}", openssl::reason()));
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    throw Error(ErrorKind::BadInput, "cannot read 'certificate': a date in it is none");
  return ::timegm(&parts);
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, openssl::Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  require(extension ? X509_add_ext(certificate, extension.get(), -1) : 0);
}

// 16 bytes of a digest, positive and not zero: RFC 5280 4.1.2.2 allows 20.
void set_serial(X509* certificate, const CertificateOptions& options, const PrivateKey& key) {
  const Bytes public_key = openssl::encoded([&](unsigned char** out) { return i2d_PUBKEY(key.handle(), out); });
  Sha256Hasher hasher;
  hasher.update(
      fmt::format("keelson certificate 1 {} {} {};", options.not_before, options.not_after, options.common_name));
  hasher.update(public_key);
  Sha256 digest = hasher.finish();
  digest.bytes[0] = static_cast<std::uint8_t>((digest.bytes[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, openssl::Free<BN_free>> number(BN_bin2bn(digest.bytes.data(), 16, nullptr));
  require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

}  // namespace

std::string Certificate::subject() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  // Control characters come out escaped: the name is the certificate's, and goes to a terminal.
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(handle_.get()), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return openssl::written(bio.get());
}

Bytes Certificate::der() const {
  return openssl::encoded([&](unsigned char** out) { return i2d_X509(handle_.get(), out); });
}

std::string Certificate::pem() const {
  const openssl::Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(bio.get(), handle_.get()));
  return openssl::written(bio.get());
}

Sha256 Certificate::fingerprint() const { return sha256(der()); }

Sha256 Certificate::key_fingerprint() const {
  return sha256(
      openssl::encoded([&](unsigned char** out) { return i2d_PUBKEY(X509_get0_pubkey(handle_.get()), out); }));
}

unsigned Certificate::bits() const { return static_cast<unsigned>(EVP_PKEY_get_bits(X509_get0_pubkey(handle_.get()))); }
std::int64_t Certificate::not_before() const { return seconds_of(X509_get0_notBefore(handle_.get())); }
std::int64_t Certificate::not_after() const { return seconds_of(X509_get0_notAfter(handle_.get())); }

Bytes Certificate::issuer_der() const {
  return openssl::encoded([&](unsigned char** out) { return i2d_X509_NAME(X509_get_issuer_name(handle_.get()), out); });
}

Bytes Certificate::serial_der() const {
  return openssl::encoded(
      [&](unsigned char** out) { return i2d_ASN1_INTEGER(X509_get0_serialNumber(handle_.get()), out); });
}

bool Certificate::matches(const PrivateKey& key) const {
  const bool equal = EVP_PKEY_eq(X509_get0_pubkey(handle_.get()), key.handle()) == 1;
  ERR_clear_error();
  return equal;
}

bool Certificate::verify(ByteView bytes, ByteView signature) const {
  const openssl::DigestContext context(EVP_MD_CTX_new());
  const bool good =
      context &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, X509_get0_pubkey(handle_.get())) == 1 &&
      EVP_DigestVerify(context.get(), openssl::data_of(signature), signature.size(), openssl::data_of(bytes),
                       bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

Certificate parse_certificate(ByteView bytes, std::string_view name) {
  ERR_clear_error();
  X509* handle = nullptr;
  if (as_text(bytes).find("-----BEGIN") != std::string_view::npos) {
    handle = PEM_read_bio_X509(openssl::memory(bytes).get(), nullptr, nullptr, nullptr);
  } else if (bytes.size() <= kLargestCertificate.value) {
    const unsigned char* at = openssl::data_of(bytes);
    handle = d2i_X509(nullptr, &at, static_cast<long>(bytes.size()));
  }
  const std::string reason = openssl::reason();
  if (handle == nullptr)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read certificate '{}': it is none ({})", name, reason),
                "an X.509 certificate is wanted, as PEM or DER");
  Certificate certificate(own(handle));
  const EVP_PKEY* key = X509_get0_pubkey(handle);
  if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1) {
    ERR_clear_error();
    throw Error(ErrorKind::BadInput, fmt::format("cannot read certificate '{}': its key is no RSA key", name));
  }
  certificate.not_before();
  certificate.not_after();
  return certificate;
}

Certificate read_certificate(const std::filesystem::path& file) {
  return parse_certificate(as_bytes(read_file(file, kLargestCertificate)), file.native());
}

Certificate make_certificate(const CertificateOptions& options, const PrivateKey& key) {
  const Handle certificate = own(X509_new());
  X509* x509 = certificate.get();
  require(x509 != nullptr && X509_set_version(x509, X509_VERSION_3) == 1);
  set_serial(x509, options, key);
  require(ASN1_TIME_set(X509_getm_notBefore(x509), options.not_before) != nullptr);
  require(ASN1_TIME_set(X509_getm_notAfter(x509), options.not_after) != nullptr);
  const openssl::Name name(X509_NAME_new());
  require(X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(options.common_name.c_str()), -1, -1, 0));
  require(X509_set_subject_name(x509, name.get()));
  require(X509_set_issuer_name(x509, name.get()));
  require(X509_set_pubkey(x509, key.handle()));
  add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x509, NID_key_usage, "critical,digitalSignature");
  if (options.signs_code) add_extension(x509, NID_ext_key_usage, "codeSigning");
  add_extension(x509, NID_subject_key_identifier, "hash");
  require(X509_sign(x509, key.handle(), EVP_sha256()));
  return Certificate(certificate);
}

Signer read_signer(const std::string& key, const std::filesystem::path& certificate, std::int64_t now) {
  Signer signer{read_private_key(key), read_certificate(certificate)};
  const std::string shown = is_pkcs11_uri(key) ? key.substr(0, key.find('?')) : key;
  if (!signer.certificate.matches(signer.key)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot sign with '{}': certificate '{}' is for another key", shown, certificate.native()));
  }
  const auto refuse = [&](std::string_view what, std::int64_t when) {
    throw Error(ErrorKind::Refused, fmt::format("cannot sign with '{}': certificate '{}' {} {} UTC", shown,
                                                certificate.native(), what, utc_text(when)));
  };
  if (now < signer.certificate.not_before()) refuse("is not valid before", signer.certificate.not_before());
  if (now > signer.certificate.not_after()) refuse("has expired on", signer.certificate.not_after());
  return signer;
}

std::string utc_text(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace keelson
