#include "inspect/diff/noise.h"

#include <algorithm>
#include <array>

namespace keelson::inspect {

namespace {

struct Kind {
  std::string_view begin;
  std::string_view end;
  std::string_view reason;
};

// Paths by how they begin and end. What is made from other files again is a cache: those files' changes are told.
constexpr std::array<Kind, 24> kKinds{{{"/var/cache/", "", "caches"},
                                       {"/etc/ld.so.cache", "", "caches"},
                                       {"/usr/", ".pyc", "caches"},
                                       {"/usr/lib/udev/hwdb.bin", "", "caches"},
                                       {"/etc/udev/hwdb.bin", "", "caches"},
                                       {"/usr/share/info/dir", "", "caches"},
                                       {"/var/lib/systemd/catalog/database", "", "caches"},
                                       {"/usr/lib/modules/", "/modules.dep.bin", "caches"},
                                       {"/usr/lib/modules/", "/modules.alias.bin", "caches"},
                                       {"/usr/lib/modules/", "/modules.symbols.bin", "caches"},
                                       {"/usr/lib/locale/locale-archive", "", "caches"},
                                       {"/var/log/", "", "logs"},
                                       {"/var/lib/apt/", "", "package manager"},
                                       {"/var/lib/dpkg/", "", "package manager"},
                                       {"/var/lib/rpm/", "", "package manager"},
                                       {"/usr/lib/sysimage/rpm/", "", "package manager"},
                                       {"/var/lib/dnf/", "", "package manager"},
                                       {"/var/lib/tdnf/", "", "package manager"},
                                       {"/usr/share/image-customizer/", "", "identities"},
                                       {"/etc/machine-id", "", "identities"},
                                       {"/var/lib/dbus/machine-id", "", "identities"},
                                       {"/etc/hostid", "", "identities"},
                                       {"/var/lib/systemd/random-seed", "", "identities"},
                                       {"/boot/efi/loader/random-seed", "", "identities"}}};

}  // namespace

std::string_view noise_of(const FileChange& change) {
  if (change.what.size() == 1 && change.what.front() == "time") return "times";
  // Rights and owners always count.
  for (const auto& what : change.what) {
    if (what == "mode" || what == "owner" || what == "type") return {};
  }
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) {
    return change.path.starts_with(kind.begin) && change.path.ends_with(kind.end);
  });
  return found == kKinds.end() ? std::string_view() : found->reason;
}

}  // namespace keelson::inspect
