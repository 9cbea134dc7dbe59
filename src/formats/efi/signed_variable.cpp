#include "formats/efi/signed_variable.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/guid.h"
#include "crypto/signed_data.h"

namespace keelson::efi {
namespace {

constexpr std::string_view kPkcs7Type = "4aafd29d-68df-49ee-8aa9-347d375665a7";  // EFI_CERT_TYPE_PKCS7_GUID
constexpr std::uint16_t kRevision = 0x0200;
constexpr std::uint16_t kUefiGuidCertificate = 0x0ef1;  // WIN_CERT_TYPE_EFI_GUID
constexpr std::size_t kCertificateHeader = 24;          // WIN_CERTIFICATE_UEFI_GUID before its data

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read signed variable '{}': {}", name, rule)};
}

// What the signature is over: name without its end, vendor, attributes, time, value (section 8.2.2).
Bytes signed_bytes(const KeyVariable& variable, const Time& time, ByteView value) {
  ByteWriter writer;
  for (const char letter : variable.name) writer.u16le(static_cast<unsigned char>(letter));
  write_guid(writer, parse_uuid(variable.vendor));
  writer.u32le(kKeyAttributes);
  write_time(writer, time);
  writer.bytes(value);
  return writer.take();
}

}  // namespace

Bytes write_signed_variable(const KeyVariable& variable, ByteView value, const Time& time, const Signer& signer) {
  const Bytes content_info = sign_detached(signer, signed_bytes(variable, time, value));
  // The specification wants the bare SignedData; not all firmware takes a ContentInfo around it.
  const ByteView signature = signed_data_within(content_info, variable.name);
  ByteWriter writer;
  write_time(writer, time);
  writer.u32le(static_cast<std::uint32_t>(kCertificateHeader + signature.size()));
  writer.u16le(kRevision);
  writer.u16le(kUefiGuidCertificate);
  write_guid(writer, parse_uuid(kPkcs7Type));
  writer.bytes(signature);
  writer.bytes(value);
  return writer.take();
}

SignedVariable parse_signed_variable(ByteView bytes, std::string_view name) {
  if (bytes.size() < kTimeSize + kCertificateHeader) throw bad(name, "it ends within its header");
  const ByteReader reader(bytes, name);
  const std::size_t length = reader.u32le(kTimeSize);
  if (reader.u16le(kTimeSize + 4) != kRevision || reader.u16le(kTimeSize + 6) != kUefiGuidCertificate ||
      read_guid(reader, kTimeSize + 8) != parse_uuid(kPkcs7Type)) {
    throw bad(name, "it does not begin with a PKCS#7 signature");
  }
  if (length < kCertificateHeader || length > bytes.size() - kTimeSize)
    throw bad(name, "its signature is longer than all of it");
  return {.time = read_time(reader, 0),
          .signature = bytes.subspan(kTimeSize + kCertificateHeader, length - kCertificateHeader),
          .value = bytes.subspan(kTimeSize + length)};
}

bool is_signed_by(const SignedVariable& signed_variable, const KeyVariable& variable, const Certificate& certificate) {
  const SignedData data = parse_signed_data(signed_variable.signature, variable.name);
  return keelson::is_signed_by(data, certificate, signed_bytes(variable, signed_variable.time, signed_variable.value));
}

}  // namespace keelson::efi
