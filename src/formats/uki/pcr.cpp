#include "formats/uki/pcr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "crypto/hash.h"
#include "formats/uki/pe.h"

namespace keelson::uki {
namespace {

// In this order, whatever the file's: systemd-stub(7). Not measured: .pcrsig, which signs the result.
constexpr std::array<std::string_view, 13> kMeasured = {".linux",   ".osrel", ".cmdline", ".initrd", ".ucode",
                                                        ".splash",  ".dtb",   ".uname",   ".sbat",   ".pcrpkey",
                                                        ".dtbauto", ".hwids", ".efifw"};

Sha256 extend(const Sha256& pcr, const Sha256& digest) {
  Sha256Hasher hasher;
  hasher.update(std::as_bytes(std::span(pcr.bytes)));
  hasher.update(std::as_bytes(std::span(digest.bytes)));
  return hasher.finish();
}

// As it lies in memory: what the file does not hold of it is zero.
Sha256 memory_digest(ByteView bytes, const Section& section) {
  const std::size_t held = std::min(section.virtual_size, section.raw_size);
  Sha256Hasher hasher;
  hasher.update(bytes.subspan(section.raw_offset, held));
  const Bytes zeros(4096);
  for (std::size_t left = section.virtual_size - held; left > 0;) {
    const std::size_t now = std::min(left, zeros.size());
    hasher.update(ByteView(zeros).first(now));
    left -= now;
  }
  return hasher.finish();
}

}  // namespace

Sha256 predict_pcr11(ByteView bytes, std::string_view name, std::span<const std::string_view> phases) {
  const PeImage image = parse_pe(bytes, name);
  const auto find = [&](std::string_view section) {
    return std::ranges::find(image.sections, section, &Section::name);
  };
  if (find(".profile") != image.sections.end())
    throw Error(ErrorKind::BadInput, fmt::format("cannot predict PCR 11 of '{}': it has several profiles", name));
  Sha256 pcr{};
  for (const std::string_view measured : kMeasured) {
    const auto section = find(measured);
    if (section == image.sections.end()) continue;
    pcr = extend(pcr, sha256(std::string(measured) + '\0'));  // its name, with the zero that ends it
    pcr = extend(pcr, memory_digest(bytes, *section));
  }
  for (const std::string_view phase : phases) pcr = extend(pcr, sha256(phase));
  return pcr;
}

}  // namespace keelson::uki
