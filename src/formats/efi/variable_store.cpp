#include "formats/efi/variable_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/guid.h"

namespace keelson::efi {
namespace {

constexpr std::string_view kVolumeType = "fff12b8d-7696-4c8b-a985-2747075b4f50";  // EFI_SYSTEM_NV_DATA_FV_GUID
constexpr std::string_view kStoreType = "aaf32c78-947b-439a-a180-2e144ec37792";   // EFI_AUTHENTICATED_VARIABLE_GUID
constexpr std::size_t kVolumeHeader = 56;                                         // before the block map
constexpr std::size_t kStoreHeader = 28;
constexpr std::uint8_t kFormatted = 0x5a;
constexpr std::uint8_t kHealthy = 0xfe;
constexpr std::uint16_t kStartOfVariable = 0x55aa;
constexpr std::size_t kVariableHeader = 60;
constexpr std::uint8_t kAdded = 0x3f;         // VAR_ADDED: flash bits go from one to zero only
constexpr std::uint8_t kInTransition = 0x3e;  // VAR_IN_DELETED_TRANSITION: still the newest
constexpr std::uint8_t kDeletedMask = 0xfd;
constexpr std::size_t kLargestVariable = 1U << 20;  // ten times what firmware is built for

Error bad(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read UEFI variables '{}': {}", name, rule)};
}

std::size_t aligned(std::size_t offset) { return (offset + 3) & ~std::size_t{3}; }

struct Place {
  std::size_t offset = 0;  ///< of the variable's header
  std::uint8_t state = 0;
  Variable variable;
};

struct Store {
  std::vector<Place> places;
  std::size_t free = 0;  ///< where the next variable goes
  std::size_t end = 0;
};

std::string read_name(ByteView utf16, std::string_view store) {
  const ByteReader reader(utf16, store);
  std::string name;
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) {
    const std::uint16_t letter = reader.u16le(i);
    if (letter == 0) break;
    name += letter >= 0x20 && letter < 0x7f ? static_cast<char>(letter) : '?';
  }
  return name;
}

// Where the store begins: behind the volume's header, which names its own length.
std::size_t find_store(const ByteReader& reader, std::string_view name) {
  if (reader.size() < kVolumeHeader || read_guid(reader, 16) != parse_uuid(kVolumeType) ||
      reader.text(40, 4) != "_FVH") {
    throw bad(name, "it is not a firmware volume with variables");
  }
  const std::size_t store = reader.u16le(48);
  if (read_guid(reader, store) != parse_uuid(kStoreType)) throw bad(name, "its store has no signed variables");
  if (reader.u8(store + 20) != kFormatted || reader.u8(store + 21) != kHealthy)
    throw bad(name, "its store is not formatted");
  return store;
}

Place parse_place(const ByteReader& reader, std::size_t offset, std::size_t end, std::string_view name) {
  const std::uint64_t name_size = reader.u32le(offset + 36);
  const std::uint64_t data_size = reader.u32le(offset + 40);
  if (name_size > kLargestVariable || data_size > kLargestVariable ||
      offset + kVariableHeader + name_size + data_size > end) {
    throw bad(name, fmt::format("the variable at {:#x} is longer than the store", offset));
  }
  const ByteView data = reader.bytes(offset + kVariableHeader + name_size, data_size);
  return {.offset = offset,
          .state = reader.u8(offset + 2),
          .variable = {.name = read_name(reader.bytes(offset + kVariableHeader, name_size), name),
                       .vendor = read_guid(reader, offset + 44),
                       .attributes = reader.u32le(offset + 4),
                       .time = read_time(reader, offset + 16),
                       .data = Bytes(data.begin(), data.end())}};
}

Store parse_store(ByteView image, std::string_view name) {
  const ByteReader reader(image, name);
  const std::size_t begin = find_store(reader, name);
  const std::size_t size = reader.u32le(begin + 16);
  if (size < kStoreHeader || size > image.size() - begin) throw bad(name, "its store is longer than the volume");
  Store store{.free = aligned(begin + kStoreHeader), .end = begin + size};
  while (store.free + kVariableHeader <= store.end && reader.u16le(store.free) == kStartOfVariable) {
    const ByteReader within(image.first(store.end), name);
    Place place = parse_place(within, store.free, store.end, name);
    const std::size_t name_size = reader.u32le(store.free + 36);
    store.free = aligned(store.free + kVariableHeader + name_size + place.variable.data.size());
    store.places.push_back(std::move(place));
  }
  return store;
}

bool is_there(const Place& place) { return place.state == kAdded || place.state == kInTransition; }

Bytes write_variable(const Variable& variable) {
  ByteWriter writer;
  writer.u16le(kStartOfVariable);
  writer.u8(kAdded);
  writer.u8(0);
  writer.u32le(variable.attributes);
  writer.u64le(0);  // the counter of a kind of signature that is no more
  write_time(writer, variable.time);
  writer.u32le(0);
  writer.u32le(static_cast<std::uint32_t>(2 * (variable.name.size() + 1)));
  writer.u32le(static_cast<std::uint32_t>(variable.data.size()));
  write_guid(writer, variable.vendor);
  for (const char letter : variable.name) writer.u16le(static_cast<unsigned char>(letter));
  writer.u16le(0);
  writer.bytes(variable.data);
  return writer.take();
}

}  // namespace

std::vector<Variable> parse_variables(ByteView image, std::string_view name) {
  std::vector<Variable> found;
  for (Place& place : parse_store(image, name).places) {
    if (is_there(place)) found.push_back(std::move(place.variable));
  }
  return found;
}

Bytes add_variables(ByteView image, std::string_view name, std::span<const Variable> variables) {
  Store store = parse_store(image, name);
  Bytes result(image.begin(), image.end());
  for (const Variable& variable : variables) {
    for (const Place& place : store.places) {
      if (is_there(place) && place.variable.name == variable.name && place.variable.vendor == variable.vendor)
        result[place.offset + 2] &= std::byte{kDeletedMask};
    }
    const Bytes written = write_variable(variable);
    if (store.free > store.end || written.size() > store.end - store.free)
      throw bad(name, fmt::format("it has no room for '{}'", variable.name));
    std::ranges::copy(written, result.begin() + static_cast<std::ptrdiff_t>(store.free));
    store.places.push_back({.offset = store.free, .state = kAdded, .variable = variable});
    store.free = aligned(store.free + written.size());
  }
  return result;
}

}  // namespace keelson::efi
