#include "packages/deb/change/installed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/error.h"
#include "base/text.h"
#include "formats/deb822/stanza.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kStatusFile = "var/lib/dpkg/status";
constexpr std::string_view kMarksFile = "var/lib/apt/extended_states";
constexpr std::size_t kMostPackages = 200'000;  // all of Debian is 70,000
constexpr ByteCount kLargestDatabase = mebibytes(512);

// dpkg(1): a package in one of these has files in the system.
constexpr std::array<std::string_view, 6> kStatesWithFiles{"half-installed", "unpacked",         "half-configured",
                                                           "installed",      "triggers-awaited", "triggers-pending"};

[[noreturn]] void refuse(std::string_view package, std::string_view why) {
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot read dpkg's status of package '{}': {}", package.substr(0, 200), why));
}

std::string_view text_of(const deb822::Stanza& stanza) {
  const auto& first = stanza.fields().front().name;
  const auto& last = stanza.fields().back();
  const std::string_view end = last.value.empty() ? last.name : last.value;
  return {first.data(), static_cast<std::size_t>(end.data() + end.size() - first.data())};
}

auto order_of(const InstalledPackage& package) {
  return std::tuple(package.record.name, package.foreign, package.record.architecture);
}

}  // namespace

InstalledSystem::InstalledSystem(std::string status, std::string_view extended_states)
    : status_(std::make_unique<const std::string>(std::move(status))) {
  read_packages();
  read_marks(extended_states);
}

void InstalledSystem::read_packages() {
  deb822::parse_stanzas(*status_, "dpkg's status file", [&](const deb822::Stanza& stanza) {
    if (stanza.fields().empty()) return;
    const auto words = split_words(stanza.find("Status"));
    if (words.size() != 3) refuse(stanza.find("Package"), "its Status is not three words");
    if (std::find(kStatesWithFiles.begin(), kStatesWithFiles.end(), words[2]) == kStatesWithFiles.end()) return;
    if (packages_.size() == kMostPackages) refuse(stanza.find("Package"), "there are more than 200,000 packages");
    InstalledPackage package{.record = read_record(text_of(stanza), {}),
                             .state = words[2],
                             .needs_reinstall = words[1] != "ok",
                             .held = words[0] == "hold"};
    package.record.installed = true;
    package.record.essential = package.record.essential || stanza.find("Protected") == "yes";
    if (package.record.name == "dpkg") architecture_ = package.record.architecture;
    packages_.push_back(std::move(package));
  });
  for (auto& package : packages_)
    package.foreign = package.record.architecture != architecture_ && package.record.architecture != "all";
  std::sort(packages_.begin(), packages_.end(), [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  const auto twice = std::adjacent_find(packages_.begin(), packages_.end(), [](const auto& a, const auto& b) {
    return a.record.name == b.record.name && a.foreign == b.foreign &&
           (!a.foreign || a.record.architecture == b.record.architecture);
  });
  if (twice != packages_.end()) refuse(twice->record.name, "it is listed twice");
}

void InstalledSystem::read_marks(std::string_view extended_states) {
  deb822::parse_stanzas(extended_states, "apt's extended_states", [&](const deb822::Stanza& stanza) {
    if (stanza.find("Auto-Installed") != "1") return;
    const auto name = stanza.find("Package");
    const auto architecture = stanza.find("Architecture");
    auto found = std::lower_bound(packages_.begin(), packages_.end(), name,
                                  [](const auto& package, auto wanted) { return package.record.name < wanted; });
    for (; found != packages_.end() && found->record.name == name; ++found) {
      const auto own =
          found->record.architecture == "all" ? std::string_view(architecture_) : found->record.architecture;
      if (architecture.empty() || architecture == own || architecture == "all") found->automatic = true;
    }
  });
}

const InstalledPackage* InstalledSystem::find(std::string_view name) const {
  const auto found = std::lower_bound(packages_.begin(), packages_.end(), name,
                                      [](const auto& package, auto wanted) { return package.record.name < wanted; });
  // Within one name the system's own architecture stands first.
  return found != packages_.end() && found->record.name == name && !found->foreign ? &*found : nullptr;
}

bool InstalledSystem::has_foreign(std::string_view name) const {
  auto found = std::lower_bound(packages_.begin(), packages_.end(), name,
                                [](const auto& package, auto wanted) { return package.record.name < wanted; });
  for (; found != packages_.end() && found->record.name == name; ++found) {
    if (found->foreign) return true;
  }
  return false;
}

InstalledSystem read_installed(const RootDir& root) {
  auto status = root.find_text(kStatusFile, kLargestDatabase);
  if (!status) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '/{}': the image has none", kStatusFile),
                "packages can be changed where dpkg manages them");
  }
  // dpkg writes each step to a numbered file here and merges it at its end.
  if (root.exists("var/lib/dpkg/updates/0000")) {
    throw Error(ErrorKind::BadInput, "cannot change packages: the image's dpkg was interrupted",
                "start the image once and run 'dpkg --configure -a' in it");
  }
  return {*std::move(status), root.find_text(kMarksFile, kLargestDatabase).value_or("")};
}

}  // namespace keelson::deb
