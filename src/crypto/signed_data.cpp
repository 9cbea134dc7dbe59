#include "crypto/signed_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/der.h"
#include "base/error.h"
#include "crypto/hash.h"

namespace keelson {
namespace {

// RFC 2315 section 14, PKCS#9 (RFC 2985), RFC 4055, RFC 8017.
constexpr std::string_view kData = "1.2.840.113549.1.7.1";
constexpr std::string_view kSignedData = "1.2.840.113549.1.7.2";
constexpr std::string_view kContentType = "1.2.840.113549.1.9.3";
constexpr std::string_view kMessageDigest = "1.2.840.113549.1.9.4";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kRsaEncryption = "1.2.840.113549.1.1.1";
constexpr std::string_view kSha256WithRsa = "1.2.840.113549.1.1.11";

constexpr std::size_t kMostParts = 16;
constexpr std::uint8_t kExplicit0 = der::kContext | der::kConstructed | 0;
constexpr std::uint8_t kExplicit1 = der::kContext | der::kConstructed | 1;

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read signature '{}': {}", name, rule)};
}

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

Bytes algorithm(std::string_view identifier) {
  return der::sequence({der::object_identifier(identifier), der::null()});
}

ByteView digest_bytes(const Sha256& digest) { return std::as_bytes(std::span(digest.bytes)); }

Bytes attribute(std::string_view identifier, ByteView value) {
  return der::sequence({der::object_identifier(identifier), der::element(der::kSet, {value})});
}

// The attributes in the order that DER asks of a SET OF: by their bytes.
Bytes make_attributes(std::string_view content_type, const Sha256& digest) {
  std::vector<Bytes> all{attribute(kContentType, der::object_identifier(content_type)),
                         attribute(kMessageDigest, der::element(der::kOctetString, {digest_bytes(digest)}))};
  std::ranges::sort(all);
  Bytes joined = all[0];
  joined.insert(joined.end(), all[1].begin(), all[1].end());
  return joined;
}

Bytes make_signer_info(const Signer& signer, ByteView attributes, ByteView signature) {
  const Bytes issuer_and_serial = der::sequence({signer.certificate.issuer_der(), signer.certificate.serial_der()});
  const Bytes tagged = attributes.empty() ? Bytes{} : der::element(kExplicit0, {attributes});
  return der::sequence({der::integer(1), issuer_and_serial, algorithm(kSha256), tagged, algorithm(kRsaEncryption),
                        der::element(der::kOctetString, {signature})});
}

Bytes make_content_info(const Signer& signer, ByteView inner, ByteView signer_info) {
  const Bytes signed_data =
      der::sequence({der::integer(1), der::element(der::kSet, {algorithm(kSha256)}), inner,
                     der::element(kExplicit0, {signer.certificate.der()}), der::element(der::kSet, {signer_info})});
  return der::sequence({der::object_identifier(kSignedData), der::element(kExplicit0, {signed_data})});
}

void require_algorithm(const der::Element& element, std::initializer_list<std::string_view> known,
                       std::string_view what, std::string_view name) {
  const auto found = der::Reader(element.content, name).require(der::kObjectIdentifier, what);
  const bool good =
      std::ranges::any_of(known, [&](std::string_view one) { return equal(der::object_identifier(one), found.whole); });
  if (!good) throw bad(name, fmt::format("{} is one that is not supported", what));
}

SignerInfo parse_signer(const der::Element& element, std::string_view name) {
  der::Reader reader(element.content, name);
  reader.require(der::kInteger, "a signer's version");
  der::Reader identity = reader.inside(reader.require(der::kSequence, "a signer's certificate"));
  SignerInfo info;
  info.issuer = identity.require(der::kSequence, "a signer's issuer").whole;
  info.serial = identity.require(der::kInteger, "a signer's serial number").whole;
  require_algorithm(reader.require(der::kSequence, "a signer's digest"), {kSha256}, "a signer's digest", name);
  if (const auto attributes = reader.find(kExplicit0)) info.attributes = attributes->content;
  require_algorithm(reader.require(der::kSequence, "a signer's kind of key"), {kRsaEncryption, kSha256WithRsa},
                    "a signer's kind of key", name);
  info.signature = reader.require(der::kOctetString, "a signer's signature").content;
  reader.find(kExplicit1);  // attributes that are not signed, such as somebody's time stamp
  reader.require_end("a signer");
  return info;
}

template <class Take>
void each_of(der::Reader parts, std::string_view what, std::string_view name, Take&& take) {
  for (std::size_t count = 0; !parts.at_end(); ++count) {
    if (count == kMostParts) throw bad(name, fmt::format("it has more than {} {}", kMostParts, what));
    take(parts.next());
  }
}

// The value of a signed attribute that must stand there once with one value.
std::optional<der::Element> find_attribute(ByteView attributes, std::string_view identifier) {
  der::Reader reader(attributes, "signed attributes");
  const Bytes wanted = der::object_identifier(identifier);
  std::optional<der::Element> found;
  while (!reader.at_end()) {
    der::Reader parts = reader.inside(reader.require(der::kSequence, "an attribute"));
    const auto type = parts.require(der::kObjectIdentifier, "an attribute's type");
    der::Reader values = parts.inside(parts.require(der::kSet, "an attribute's values"));
    if (!equal(type.whole, wanted)) continue;
    if (found) return std::nullopt;
    found = values.next();
    if (!values.at_end()) return std::nullopt;
  }
  return found;
}

bool holds(const SignerInfo& info, const SignedData& data, const Certificate& certificate, ByteView signed_bytes) {
  if (info.attributes.empty()) return certificate.verify(signed_bytes, info.signature);
  const auto type = find_attribute(info.attributes, kContentType);
  const auto digest = find_attribute(info.attributes, kMessageDigest);
  if (!type || !equal(type->whole, data.content_type)) return false;
  if (!digest || digest->tag != der::kOctetString || !equal(digest->content, digest_bytes(sha256(signed_bytes))))
    return false;
  // Signed as the SET that they are, though they stand there as [0] (RFC 2315, section 9.3).
  return certificate.verify(der::element(der::kSet, {info.attributes}), info.signature);
}

}  // namespace

Bytes sign_content(const Signer& signer, std::string_view content_type, ByteView content) {
  const ByteView inside = der::Reader(content, "content to sign").next().content;
  const Bytes attributes = make_attributes(content_type, sha256(inside));
  const Bytes signature = signer.key.sign(der::element(der::kSet, {attributes}));
  const Bytes inner = der::sequence({der::object_identifier(content_type), der::element(kExplicit0, {content})});
  return make_content_info(signer, inner, make_signer_info(signer, attributes, signature));
}

Bytes sign_detached(const Signer& signer, ByteView bytes) {
  const Bytes inner = der::sequence({der::object_identifier(kData)});
  return make_content_info(signer, inner, make_signer_info(signer, {}, signer.key.sign(bytes)));
}

Bytes sign_attached(const Signer& signer, ByteView bytes) {
  const Bytes content = der::element(der::kOctetString, {bytes});
  const Bytes inner = der::sequence({der::object_identifier(kData), der::element(kExplicit0, {content})});
  return make_content_info(signer, inner, make_signer_info(signer, {}, signer.key.sign(bytes)));
}

ByteView signed_data_within(ByteView content_info, std::string_view name) {
  der::Reader reader(content_info, name);
  der::Reader outer = reader.inside(reader.require(der::kSequence, "the signature"));
  const auto type = outer.find(der::kObjectIdentifier);
  if (!type) return content_info;  // it is one already
  if (!equal(type->whole, der::object_identifier(kSignedData))) throw bad(name, "it is not signed data");
  der::Reader inner = outer.inside(outer.require(kExplicit0, "the signed data"));
  return inner.require(der::kSequence, "the signed data").whole;
}

SignedData parse_signed_data(ByteView bytes, std::string_view name) {
  der::Reader whole(signed_data_within(bytes, name), name);
  der::Reader reader = whole.inside(whole.require(der::kSequence, "the signed data"));
  reader.require(der::kInteger, "the version");
  reader.require(der::kSet, "the digests");
  der::Reader inner = reader.inside(reader.require(der::kSequence, "the content"));
  SignedData data;
  const ByteView type = inner.require(der::kObjectIdentifier, "the content's type").whole;
  data.content_type.assign(type.begin(), type.end());
  if (const auto content = inner.find(kExplicit0)) data.content = inner.inside(*content).next().whole;
  inner.require_end("the content");
  if (const auto certificates = reader.find(kExplicit0))
    each_of(reader.inside(*certificates), "certificates", name,
            [&](const der::Element& one) { data.certificates.push_back(one.whole); });
  reader.find(kExplicit1);  // revocation lists
  each_of(reader.inside(reader.require(der::kSet, "the signers")), "signers", name,
          [&](const der::Element& one) { data.signers.push_back(parse_signer(one, name)); });
  reader.require_end("the signers");
  return data;
}

bool is_signed_by(const SignedData& data, const Certificate& certificate, ByteView detached) {
  const Bytes issuer = certificate.issuer_der();
  const Bytes serial = certificate.serial_der();
  const ByteView signed_bytes =
      data.content.empty() ? detached : der::Reader(data.content, "signed content").next().content;
  return std::ranges::any_of(data.signers, [&](const SignerInfo& info) {
    return equal(info.issuer, issuer) && equal(info.serial, serial) && holds(info, data, certificate, signed_bytes);
  });
}

}  // namespace keelson
