#include "factory/base_os.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "factory/sources.h"
#include "initrd/elf.h"
#include "packages/deb/change/installed.h"

namespace keelson::factory {

namespace {

// os-release(5): shell-like assignments, quotes around values.
std::map<std::string, std::string, std::less<>> parse_assignments(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto line : split(text, '\n')) {
    const auto trimmed = trim(line);
    const auto equals = trimmed.find('=');
    if (trimmed.starts_with('#') || equals == std::string_view::npos) continue;
    std::string_view value = trimmed.substr(equals + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    values.emplace(trimmed.substr(0, equals), value);
  }
  return values;
}

std::string value_of(const std::map<std::string, std::string, std::less<>>& values, std::string_view name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

// By dpkg's own package, else by a program that every OS has; an image with neither is taken for one of this machine.
std::string architecture_in(const RootDir& root, bool has_dpkg) {
  if (has_dpkg) {
    if (const std::string known = deb::read_installed(root).architecture(); !known.empty()) return known;
  }
  for (const char* program : {"usr/bin/env", "bin/sh"}) {
    const auto status = root.status(program);
    if (!status || !S_ISREG(status->st_mode)) continue;
    const std::string text = root.read(program);
    constexpr std::size_t kMachine = 18;  // System V ABI, "ELF Header": e_machine
    if (text.size() < kMachine + 2 || !initrd::is_elf(as_bytes(text))) continue;
    if (text[kMachine] == 62) return "amd64";
    if (static_cast<unsigned char>(text[kMachine]) == 183) return "arm64";
  }
  return host_architecture();
}

}  // namespace

bool BaseOs::is_debian() const {
  return id == "debian" || id == "ubuntu" || id_like.find("debian") != std::string::npos;
}

BaseOs identify(const RootDir& root) {
  auto text = root.find_text("etc/os-release", mebibytes(1));
  if (!text) text = root.find_text("usr/lib/os-release", mebibytes(1));
  if (!text) {
    throw Error(ErrorKind::BadInput, "cannot tell the OS of the image: it has no /etc/os-release",
                "an image with an installed OS is needed");
  }
  const auto values = parse_assignments(*text);
  const bool has_dpkg = root.exists("var/lib/dpkg/status");
  return {.id = value_of(values, "ID"),
          .id_like = value_of(values, "ID_LIKE"),
          .codename = value_of(values, "VERSION_CODENAME"),
          .name = value_of(values, "PRETTY_NAME"),
          .has_dpkg = has_dpkg,
          .architecture = architecture_in(root, has_dpkg)};
}

std::string describe(const BaseOs& base) { return base.name.empty() ? base.id : base.name; }

void require_supported(const BaseOs& base, const recipe::Recipe& recipe) {
  const auto& packages = recipe.os.packages;
  const bool changes_packages =
      !packages.install.empty() || !packages.remove.empty() || !packages.update.empty() || packages.update_existing;
  if (changes_packages && (!base.is_debian() || !base.has_dpkg)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot change packages of '{}': this version does so for Debian and what derives from it",
                            describe(base)),
                "everything else in the recipe works for it");
  }
}

}  // namespace keelson::factory
