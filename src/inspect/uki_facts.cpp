#include "inspect/uki_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "crypto/signed_data.h"
#include "formats/uki/authenticode.h"
#include "formats/uki/uki.h"
#include "inspect/boot_entries.h"
#include "inventory/system_facts.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostUkis = 16;
constexpr ByteCount kLargestUki = mebibytes(512);

std::string section_line(std::string_view section) {
  return harmless_text(trim(section.substr(0, section.find('\0'))));
}

json sections_of(const uki::PeImage& image) {
  json result = json::object();
  for (const auto& section : image.sections) result[harmless_text(section.name)] = section.virtual_size;
  return result;
}

// Whom each signature is of, as its own certificates say it, and whether it is over what the program is now. Whether
// that certificate is to be trusted is not told.
json signatures_of(ByteView bytes, const std::string& path) {
  json result = json::array();
  for (const auto signature : uki::program_signatures(bytes, path)) {
    const SignedData data = parse_signed_data(signature, path);
    for (const auto& signer : data.signers) {
      for (const auto der : data.certificates) {
        const Certificate certificate = parse_certificate(der, path);
        const auto same = [](ByteView a, const Bytes& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
        if (!same(signer.issuer, certificate.issuer_der()) || !same(signer.serial, certificate.serial_der())) continue;
        result.push_back({{"subject", harmless_text(certificate.subject())},
                          {"sha256", certificate.fingerprint().hex()},
                          {"intact", uki::is_program_signed_by(bytes, path, certificate)}});
      }
    }
  }
  return result;
}

// "EFI/Linux" of the ESP and of its extension; images that are the boot loader itself only where there are no others.
std::vector<std::string> paths_of(const SystemFiles& files) {
  std::vector<std::string> paths;
  for (const char* below : {"/EFI/Linux", "/EFI/BOOT"}) {
    for (const std::string folder : kLoaderFolders) {
      for (const auto& name : files.list(folder + below)) {
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        if (lower.ends_with(".efi")) paths.push_back(folder + below + "/" + name);
      }
    }
    if (!paths.empty()) break;
  }
  if (paths.size() > kMostUkis) {
    files.note("there are more than 16 unified kernel images: the rest was not looked at");
    paths.resize(kMostUkis);
  }
  return paths;
}

}  // namespace

json uki_facts(std::string_view text, const std::string& path, InitrdFacts& initrds) {
  const ByteView bytes = as_bytes(text);
  if (!uki::looks_like_program(bytes)) return json::object();
  const auto image = uki::parse_pe(bytes, path);
  if (!uki::find_section(bytes, image, ".linux")) return json::object();
  const auto view = uki::parse_uki(bytes, path);
  json result{{"path", harmless_text(path)}, {"bytes", bytes.size()}, {"sections", sections_of(view.image)}};
  result["commandLine"] = section_line(view.cmdline);
  result["release"] = section_line(view.uname);
  result["initrdBytes"] = view.initrd.size();
  initrds.add_section(view.initrd, path);
  result["os"] = inventory::os_release({{"os-release", harmless_text(view.os_release)}});
  result["signatures"] = uki::has_signature(bytes) ? signatures_of(bytes, path) : json::array();
  result["signed"] = std::any_of(result["signatures"].begin(), result["signatures"].end(),
                                 [](const json& signature) { return signature["intact"] == true; });
  return result;
}

json read_ukis(const SystemFiles& files, InitrdFacts& initrds) {
  json result = json::array();
  for (const auto& path : paths_of(files)) {
    const auto bytes = files.text(path, kLargestUki);
    if (!bytes) continue;
    try {
      if (json facts = uki_facts(*bytes, path, initrds); !facts.empty()) result.push_back(std::move(facts));
    } catch (const Error& error) {
      files.note(error.message());
    }
  }
  return result;
}

}  // namespace keelson::inspect
