#include "formats/efi/signature_list.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/guid.h"

namespace keelson::efi {
namespace {

constexpr std::size_t kListHeader = 28;  // type, list size, header size, signature size
constexpr std::size_t kOwnerSize = 16;
constexpr std::size_t kMostSignatures = 16384;

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read EFI signature list '{}': {}", name, rule)};
}

}  // namespace

Bytes write_certificate_list(const Uuid& owner, ByteView certificate) {
  const std::size_t signature_size = kOwnerSize + certificate.size();
  ByteWriter writer;
  write_guid(writer, parse_uuid(kX509Type));
  writer.u32le(static_cast<std::uint32_t>(kListHeader + signature_size));
  writer.u32le(0);  // X.509 entries have no header
  writer.u32le(static_cast<std::uint32_t>(signature_size));
  write_guid(writer, owner);
  writer.bytes(certificate);
  return writer.take();
}

std::vector<Signature> parse_signature_lists(ByteView bytes, std::string_view name) {
  std::vector<Signature> found;
  while (!bytes.empty()) {
    if (bytes.size() < kListHeader) throw bad(name, "it ends within a list's header");
    const ByteReader reader(bytes, name);
    const Uuid type = read_guid(reader, 0);
    const std::uint64_t list_size = reader.u32le(16);
    const std::uint64_t header_size = reader.u32le(20);
    const std::uint64_t signature_size = reader.u32le(24);
    if (list_size > bytes.size() || kListHeader + header_size > list_size)
      throw bad(name, "a list is longer than all of it");
    const std::uint64_t body = list_size - kListHeader - header_size;
    if (signature_size <= kOwnerSize || body == 0 || body % signature_size != 0)
      throw bad(name, "a list does not consist of whole entries");
    if (body / signature_size > kMostSignatures - found.size())
      throw bad(name, fmt::format("it has more than {} entries", kMostSignatures));
    for (std::uint64_t at = kListHeader + header_size; at < list_size; at += signature_size) {
      found.push_back({.type = type,
                       .owner = read_guid(reader, at),
                       .data = reader.bytes(at + kOwnerSize, signature_size - kOwnerSize)});
    }
    bytes = bytes.subspan(list_size);
  }
  return found;
}

}  // namespace keelson::efi
