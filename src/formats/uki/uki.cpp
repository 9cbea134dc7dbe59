#include "formats/uki/uki.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/uki/pe_checksum.h"

namespace keelson::uki {
namespace {

constexpr std::uint32_t kContainsCode = 0x00000020;
constexpr std::uint32_t kContainsData = 0x00000040;
constexpr std::uint32_t kReadable = 0x40000000;
constexpr std::size_t kSectionHeaderSize = 40;
// Offsets within the optional header of PE32+.
constexpr std::size_t kSizeOfInitializedData = 8;
constexpr std::size_t kSizeOfImage = 56;
constexpr std::size_t kCheckSum = 64;
constexpr std::size_t kDirectoryCount = 108;
constexpr std::size_t kSecurityDirectory = 112 + 4 * 8;

// What may stand behind a stub's own sections. Spec: UKI version 1, "UKI Components".
constexpr std::array<std::string_view, 13> kComponents = {".linux",  ".osrel",   ".cmdline", ".initrd", ".ucode",
                                                          ".splash", ".dtb",     ".dtbauto", ".efifw",  ".hwids",
                                                          ".uname",  ".pcrpkey", ".pcrsig"};

struct Addition {
  std::string_view name;
  ByteView data;
  std::uint32_t characteristics;
};

Error cannot_write(std::string_view cause) {
  return {ErrorKind::BadInput, fmt::format("cannot write unified kernel image: {}", cause)};
}

std::uint64_t align(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

std::uint32_t fit32(std::uint64_t value) {
  if (value > 0xffffffff) throw cannot_write("it would be larger than 4 GiB");
  return static_cast<std::uint32_t>(value);
}

std::vector<Addition> list_additions(const UkiParts& parts) {
  std::vector<Addition> additions = {{".osrel", as_bytes(parts.os_release), kContainsData | kReadable},
                                     {".cmdline", as_bytes(parts.cmdline), kContainsData | kReadable},
                                     {".uname", as_bytes(parts.uname), kContainsData | kReadable},
                                     {".pcrpkey", as_bytes(parts.pcr_public_key), kContainsData | kReadable},
                                     {".initrd", parts.initrd, kContainsData | kReadable},
                                     {".pcrsig", as_bytes(parts.pcr_signature), kContainsData | kReadable},
                                     {".linux", parts.linux, kContainsCode | kReadable}};
  std::erase_if(additions, [](const Addition& addition) { return addition.data.empty(); });
  return additions;
}

/// Writes `value` over a field of the headers. They are small and already checked to hold it.
void put32(Bytes& headers, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) headers.at(offset + i) = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t get32(const Bytes& headers, std::size_t offset) { return ByteReader(headers, "UEFI stub").u32le(offset); }

void put_section_header(Bytes& headers, std::size_t offset, const Section& section) {
  for (std::size_t i = 0; i < 8; ++i) {
    headers.at(offset + i) = static_cast<std::byte>(i < section.name.size() ? section.name[i] : '\0');
  }
  put32(headers, offset + 8, section.virtual_size);
  put32(headers, offset + 12, section.virtual_address);
  put32(headers, offset + 16, section.raw_size);
  put32(headers, offset + 20, section.raw_offset);
  // Relocations and line numbers: an image has none.
  put32(headers, offset + 24, 0);
  put32(headers, offset + 28, 0);
  put32(headers, offset + 32, 0);
  put32(headers, offset + 36, section.characteristics);
}

/// Where each addition lies, after the stub's last section in memory and after its last byte in the file.
std::vector<Section> lay_out(const PeImage& stub, std::uint64_t file_end, const std::vector<Addition>& additions) {
  if (stub.sections.empty()) throw cannot_write("the stub has no sections");
  const Section& last = stub.sections.back();
  std::uint64_t address = std::uint64_t{last.virtual_address} + last.virtual_size;
  std::uint64_t offset = align(file_end, stub.file_alignment);
  std::vector<Section> sections;
  for (const Addition& addition : additions) {
    address = align(address, stub.section_alignment);
    const std::uint64_t raw_size = align(addition.data.size(), stub.file_alignment);
    sections.push_back({.name = std::string(addition.name),
                        .virtual_size = fit32(addition.data.size()),
                        .virtual_address = fit32(address),
                        .raw_size = fit32(raw_size),
                        .raw_offset = fit32(offset),
                        .characteristics = addition.characteristics});
    address += addition.data.size();
    offset += raw_size;
  }
  fit32(align(address, stub.section_alignment));
  fit32(offset);
  return sections;
}

/// The end of what sections and headers use: a signature or symbols behind it are left out.
std::size_t used_size(const PeImage& image) {
  std::uint64_t end = image.size_of_headers;
  for (const Section& section : image.sections) {
    if (section.raw_size != 0) end = std::max(end, std::uint64_t{section.raw_offset} + section.raw_size);
  }
  return static_cast<std::size_t>(end);
}

/// @param dropped how much of SizeOfInitializedData counts sections that `image` no longer has.
Bytes make_headers(ByteView stub, const PeImage& image, const std::vector<Section>& added, std::uint64_t dropped) {
  const std::size_t table_end = image.section_table + (image.sections.size() + added.size()) * kSectionHeaderSize;
  const auto first_raw = [](const Section& section) {
    return section.raw_size == 0 ? 0xffffffffu : section.raw_offset;
  };
  std::uint32_t room = image.size_of_headers;
  for (const Section& section : image.sections) room = std::min(room, first_raw(section));
  if (table_end > room) throw cannot_write("the stub has no room for further section headers");

  Bytes headers(stub.begin(), stub.begin() + image.size_of_headers);
  std::uint64_t data_size = get32(headers, image.optional_header + kSizeOfInitializedData);
  data_size -= std::min(data_size, dropped);
  std::size_t offset = image.section_table + image.sections.size() * kSectionHeaderSize;
  for (const Section& section : added) {
    put_section_header(headers, offset, section);
    offset += kSectionHeaderSize;
    data_size += section.virtual_size;
  }
  const Section& last = added.back();
  const std::size_t count = image.sections.size() + added.size();
  headers.at(image.optional_header - 18) = static_cast<std::byte>(count);  // NumberOfSections, at most 96
  put32(headers, image.optional_header + kSizeOfInitializedData, fit32(data_size));
  put32(headers, image.optional_header + kSizeOfImage,
        fit32(align(std::uint64_t{last.virtual_address} + last.virtual_size, image.section_alignment)));
  put32(headers, image.optional_header - 12, 0);  // PointerToSymbolTable: images should have none
  put32(headers, image.optional_header - 8, 0);   // NumberOfSymbols
  put32(headers, image.optional_header + kCheckSum, 0);
  if (get32(headers, image.optional_header + kDirectoryCount) > 4) {
    if (image.optional_header + kSecurityDirectory + 8 > image.section_table) throw cannot_write("the stub is broken");
    put32(headers, image.optional_header + kSecurityDirectory, 0);
    put32(headers, image.optional_header + kSecurityDirectory + 4, 0);
  }
  return headers;
}

void check_parts(const UkiParts& parts, const PeImage& stub) {
  if (parts.linux.empty()) throw cannot_write("there is no kernel");
  const PeImage kernel = parse_pe(parts.linux, "kernel");
  if (kernel.machine != stub.machine) {
    throw cannot_write(
        fmt::format("the stub is for machine {:#06x}, the kernel for {:#06x}", stub.machine, kernel.machine));
  }
  for (const std::string_view name : {".linux", ".initrd", ".cmdline"}) {
    if (find_section(parts.stub, stub, name))
      throw cannot_write(fmt::format("the stub already has a section {}", name));
  }
}

void write_sections(const std::function<void(ByteView)>& sink, ByteView bytes, const PeImage& stub,
                    const std::vector<Addition>& additions, std::uint64_t dropped) {
  const std::size_t stub_size = used_size(stub);
  const std::vector<Section> sections = lay_out(stub, stub_size, additions);
  if (stub.sections.size() + sections.size() > kMaximumSections) throw cannot_write("it would have too many sections");

  Bytes headers = make_headers(bytes, stub, sections, dropped);
  const Bytes zeros(stub.file_alignment);
  std::vector<ByteView> pieces = {headers, bytes.subspan(headers.size(), stub_size - headers.size()),
                                  ByteView(zeros).first(sections.front().raw_offset - stub_size)};
  for (std::size_t i = 0; i < additions.size(); ++i) {
    pieces.push_back(additions[i].data);
    pieces.push_back(ByteView(zeros).first(sections[i].raw_size - additions[i].data.size()));
  }
  PeChecksum checksum;
  for (const ByteView piece : pieces) checksum.update(piece);
  put32(headers, stub.optional_header + kCheckSum, checksum.finish());
  for (const ByteView piece : pieces) sink(piece);
}

bool is_component(const Section& section) { return std::ranges::find(kComponents, section.name) != kComponents.end(); }

}  // namespace

void write_uki(const std::function<void(ByteView)>& sink, const UkiParts& parts) {
  const PeImage stub = parse_pe(parts.stub, "UEFI stub");
  check_parts(parts, stub);
  write_sections(sink, parts.stub, stub, list_additions(parts), 0);
}

void write_with_command_line(const std::function<void(ByteView)>& sink, ByteView bytes, std::string_view name,
                             std::string_view cmdline, const std::optional<SignedPolicies>& policies) {
  PeImage stub = parse_pe(bytes, name);
  for (const char* dependent : {".pcrsig", ".profile"}) {
    if (dependent == std::string_view(".pcrsig") && policies) continue;
    if (find_section(bytes, stub, dependent)) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot change the command line of '{}': its section {} depends on it", name, dependent),
                  "make the unified kernel image anew");
    }
  }
  std::vector<Addition> changed{{".cmdline", as_bytes(cmdline), kContainsData | kReadable}};
  if (policies) {
    changed.push_back({".pcrpkey", as_bytes(policies->public_key), kContainsData | kReadable});
    changed.push_back({".pcrsig", as_bytes(policies->signature), kContainsData | kReadable});
  }
  const auto first = std::ranges::find_if(stub.sections, is_component);
  std::vector<Section> behind(first, stub.sections.end());
  stub.sections.erase(first, stub.sections.end());
  // What it had none of comes first, and so the kernel stays last.
  std::vector<Addition> additions;
  for (const Addition& addition : changed) {
    if (std::ranges::find(behind, addition.name, &Section::name) == behind.end()) additions.push_back(addition);
  }
  std::uint64_t dropped = 0;
  for (const Section& section : behind) {
    dropped += section.virtual_size;
    if (!is_component(section)) {  // it may be code that finds itself by its address
      throw Error(
          ErrorKind::BadInput,
          fmt::format("cannot change the command line of '{}': its section {} can't be moved", name, section.name));
    }
    const auto other = std::ranges::find(changed, std::string_view(section.name), &Addition::name);
    if (other != changed.end()) {
      additions.push_back(*other);
    } else {
      const std::size_t size = std::min(section.virtual_size, section.raw_size);
      additions.push_back({section.name, bytes.subspan(section.raw_offset, size), section.characteristics});
    }
  }
  std::erase_if(additions, [](const Addition& addition) { return addition.data.empty(); });
  if (additions.empty()) throw cannot_write("nothing would be in it");
  write_sections(sink, bytes, stub, additions, dropped);
}

UkiView parse_uki(ByteView bytes, std::string_view name) {
  UkiView view{.image = parse_pe(bytes, name)};
  const auto section = [&](std::string_view which) {
    return find_section(bytes, view.image, which).value_or(ByteView{});
  };
  view.linux = section(".linux");
  if (view.linux.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read unified kernel image '{}': it has no section .linux", name));
  }
  view.initrd = section(".initrd");
  view.cmdline = as_text(section(".cmdline"));
  view.os_release = as_text(section(".osrel"));
  view.uname = as_text(section(".uname"));
  return view;
}

}  // namespace keelson::uki
