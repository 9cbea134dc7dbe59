#include "factory/base_os.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "base/text.h"

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
  return {.id = value_of(values, "ID"),
          .id_like = value_of(values, "ID_LIKE"),
          .codename = value_of(values, "VERSION_CODENAME"),
          .name = value_of(values, "PRETTY_NAME"),
          .has_dpkg = root.exists("var/lib/dpkg/status")};
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
  const auto refuse = [&](bool asked, std::string_view key) {
    if (asked) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot apply '{}' to an image that exists: this version does not do it yet", key));
    }
  };
  refuse(recipe.storage.has_value(), "storage.disks");
  refuse(recipe.base_layout.reset_uuids, "storage.resetPartitionsUuidsType");
  refuse(recipe.os.reset_bootloader, "os.bootloader.resetType");
}

}  // namespace keelson::factory
