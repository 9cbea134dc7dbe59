#include "formats/uki/authenticode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/der.h"
#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/signed_data.h"
#include "formats/uki/pe.h"
#include "formats/uki/pe_checksum.h"

namespace keelson::uki {
namespace {

// Offsets within the optional header of PE32+.
constexpr std::size_t kCheckSum = 64;
constexpr std::size_t kDirectoryCount = 108;
constexpr std::size_t kSecurityDirectory = 112 + 4 * 8;  // file offset and size: the one entry that is no address

constexpr std::size_t kTableAlignment = 8;
constexpr std::size_t kCertificateHeader = 8;  // WIN_CERTIFICATE: length, revision, type
constexpr std::uint16_t kRevision2 = 0x0200;   // WIN_CERT_REVISION_2_0
constexpr std::uint16_t kPkcs7Type = 0x0002;   // WIN_CERT_TYPE_PKCS_SIGNED_DATA
constexpr std::size_t kMostSignatures = 16;
constexpr std::size_t kLargestTable = 1U << 20;  // a signature with a chain of certificates has 10 KiB

// Authenticode, "Authenticode-Specific Structures".
constexpr std::string_view kIndirectData = "1.3.6.1.4.1.311.2.1.4";
constexpr std::string_view kPeImageData = "1.3.6.1.4.1.311.2.1.15";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot sign or verify UEFI program '{}': {}", name, rule)};
}

/// Where in the file the parts are that the digest leaves out.
struct Layout {
  std::size_t checksum = 0;         ///< of 4 bytes
  std::size_t table_entry = 0;      ///< of 8 bytes
  std::size_t table = 0;            ///< where the table begins: the end of the file when there is none
  std::size_t table_size = 0;       ///< to the end of the file
  std::size_t size_of_headers = 0;  ///< the digest goes on with the sections there
};

// Firmware hashes sections by their place in the file, then what follows the *sum* of their sizes: with bytes in
// between these would be hashed in the wrong order, or not at all (Authenticode, "Calculating the PE Image Hash").
void check_no_gaps(const PeImage& image, std::string_view name) {
  std::vector<Section> sections = image.sections;
  std::erase_if(sections, [](const Section& section) { return section.raw_size == 0; });
  std::ranges::stable_sort(sections, {}, &Section::raw_offset);
  std::uint64_t end = image.size_of_headers;
  for (const Section& section : sections) {
    if (section.raw_offset != end)
      throw bad(name, fmt::format("section '{}' does not follow the one before", section.name));
    end += section.raw_size;
  }
}

Layout lay_out(ByteView bytes, std::string_view name) {
  const PeImage image = parse_pe(bytes, name);
  const ByteReader reader(bytes, name);
  const std::size_t entry = image.optional_header + kSecurityDirectory;
  if (entry + 8 > image.section_table || reader.u32le(image.optional_header + kDirectoryCount) <= 4)
    throw bad(name, "its headers have no place for signatures");
  check_no_gaps(image, name);
  Layout layout{.checksum = image.optional_header + kCheckSum,
                .table_entry = entry,
                .table = bytes.size(),
                .size_of_headers = image.size_of_headers};
  const std::size_t offset = reader.u32le(entry);
  const std::size_t size = reader.u32le(entry + 4);
  if (size == 0) return layout;
  std::uint64_t used = image.size_of_headers;
  for (const Section& section : image.sections) used += section.raw_size;
  if (offset % kTableAlignment != 0 || offset < used || size > kLargestTable ||
      std::uint64_t{offset} + size != bytes.size())
    throw bad(name, "its table of signatures is not what ends the file");
  layout.table = offset;
  layout.table_size = size;
  return layout;
}

std::size_t padding(std::size_t size) { return (kTableAlignment - size % kTableAlignment) % kTableAlignment; }

Sha256 digest_of(ByteView bytes, const Layout& layout) {
  Sha256Hasher hasher;
  hasher.update(bytes.first(layout.checksum));
  hasher.update(bytes.subspan(layout.checksum + 4, layout.table_entry - layout.checksum - 4));
  hasher.update(bytes.subspan(layout.table_entry + 8, layout.table - layout.table_entry - 8));
  if (layout.table_size == 0) hasher.update(Bytes(padding(bytes.size())));
  return hasher.finish();
}

std::vector<ByteView> signatures_of(ByteView table, std::string_view name) {
  std::vector<ByteView> found;
  while (!table.empty()) {
    if (table.size() < kCertificateHeader) throw bad(name, "its table of signatures ends within an entry");
    const ByteReader reader(table, name);
    const std::size_t length = reader.u32le(0);
    if (length < kCertificateHeader || length > table.size())
      throw bad(name, "a signature is longer than the table of signatures");
    if (found.size() == kMostSignatures)
      throw bad(name, fmt::format("it has more than {} signatures", kMostSignatures));
    if (reader.u16le(4) != kRevision2 || reader.u16le(6) != kPkcs7Type)
      throw bad(name, "it has a signature of a kind that is not supported");
    found.push_back(table.subspan(kCertificateHeader, length - kCertificateHeader));
    table = table.subspan(std::min(table.size(), length + padding(length)));
  }
  return found;
}

// SpcIndirectDataContent. What it says of the file is always the same: "<<<Obsolete>>>", as BMPString.
Bytes indirect_data(const Sha256& digest) {
  ByteWriter text;
  for (const char letter : std::string_view("<<<Obsolete>>>")) text.u16be(static_cast<unsigned char>(letter));
  const Bytes string = der::element(der::kContext | 0, {text.view()});
  const Bytes link = der::element(der::kContext | der::kConstructed | 2, {string});
  const Bytes file = der::element(der::kContext | der::kConstructed | 0, {link});
  const Bytes flags = der::element(der::kBitString, {ByteView(Bytes(1))});
  const Bytes attribute = der::sequence({der::object_identifier(kPeImageData), der::sequence({flags, file})});
  const Bytes algorithm = der::sequence({der::object_identifier(kSha256), der::null()});
  const Bytes octets = der::element(der::kOctetString, {std::as_bytes(std::span(digest.bytes))});
  return der::sequence({attribute, der::sequence({algorithm, octets})});
}

// The digest within an SpcIndirectDataContent; nothing if it is not SHA-256.
bool holds_digest(ByteView content, const Sha256& digest, std::string_view name) {
  der::Reader outer(content, name);
  der::Reader parts = outer.inside(outer.require(der::kSequence, "what is signed"));
  parts.require(der::kSequence, "what kind of file is signed");
  der::Reader info = parts.inside(parts.require(der::kSequence, "the file's digest"));
  der::Reader algorithm = info.inside(info.require(der::kSequence, "the digest's algorithm"));
  const auto kind = algorithm.require(der::kObjectIdentifier, "the digest's algorithm");
  const auto value = info.require(der::kOctetString, "the digest");
  return std::ranges::equal(kind.whole, der::object_identifier(kSha256)) &&
         std::ranges::equal(value.content, std::as_bytes(std::span(digest.bytes)));
}

void renew_checksum(Bytes& file, std::size_t at) {
  put_le(file, at, 0, 4);
  PeChecksum checksum;
  checksum.update(file);
  put_le(file, at, checksum.finish(), 4);
}

}  // namespace

Sha256 program_digest(ByteView bytes, std::string_view name) { return digest_of(bytes, lay_out(bytes, name)); }

std::vector<ByteView> program_signatures(ByteView bytes, std::string_view name) {
  return signatures_of(bytes.subspan(lay_out(bytes, name).table), name);
}

Bytes sign_program(ByteView bytes, std::string_view name, const Signer& signer) {
  const Layout layout = lay_out(bytes, name);
  signatures_of(bytes.subspan(layout.table), name);  // a broken table would hide the new signature
  const Bytes signature = sign_content(signer, kIndirectData, indirect_data(digest_of(bytes, layout)));

  ByteWriter entry;
  const std::size_t length = kCertificateHeader + signature.size();
  entry.u32le(static_cast<std::uint32_t>(length + padding(length)));
  entry.u16le(kRevision2);
  entry.u16le(kPkcs7Type);
  entry.bytes(signature);
  entry.align(kTableAlignment);

  Bytes file;
  file.reserve(bytes.size() + kTableAlignment + entry.size());
  file.assign(bytes.begin(), bytes.end());
  file.resize(file.size() + padding(file.size()));
  const std::size_t table = layout.table_size == 0 ? file.size() : layout.table;
  file.insert(file.end(), entry.view().begin(), entry.view().end());
  if (file.size() > 0xffffffff) throw bad(name, "it would be larger than 4 GiB");
  put_le(file, layout.table_entry, table, 4);
  put_le(file, layout.table_entry + 4, file.size() - table, 4);
  renew_checksum(file, layout.checksum);
  return file;
}

bool is_program_signed_by(ByteView bytes, std::string_view name, const Certificate& certificate) {
  const Sha256 digest = program_digest(bytes, name);
  const Bytes wanted = der::object_identifier(kIndirectData);
  return std::ranges::any_of(program_signatures(bytes, name), [&](ByteView signature) {
    const SignedData data = parse_signed_data(signature, name);
    return data.content_type == wanted && !data.content.empty() && is_signed_by(data, certificate) &&
           holds_digest(data.content, digest, name);
  });
}

}  // namespace keelson::uki
