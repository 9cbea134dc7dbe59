#include "os/cleanup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <string>

#include "os/tree.h"

namespace keelson::os {

namespace {

using enum CleanAction;

constexpr std::array kRules = {
    CleanRule{Empty, "/tmp", "", "scratch of package scripts"},
    CleanRule{Empty, "/var/tmp", "", "scratch of package scripts"},
    CleanRule{Empty, "/run", "", "state of a running system; a tmpfs hides it at boot"},
    CleanRule{RemoveFilesBelow, "/var/log", "", "logs tell about the build, with its times"},
    CleanRule{Empty, "/var/backups", "", "copies of package state, dated"},
    CleanRule{Empty, "/var/lib/apt/lists", "", "package indices are stale at once and large"},
    CleanRule{Empty, "/var/cache/apt/archives", "", "downloaded packages"},
    CleanRule{RemoveBySuffix, "/var/cache/apt", ".bin", "apt's caches hold times and addresses of the build"},
    CleanRule{RemoveBySuffix, "/var/cache/debconf", "-old", "the state before the last package"},
    CleanRule{Empty, "/var/cache/man", "", "rebuilt by man-db, in an order that differs"},
    CleanRule{Remove, "/var/cache/ldconfig/aux-cache", "", "holds inode numbers and times of the build"},
    CleanRule{RemoveBySuffix, "/var/lib/dpkg", "-old", "the state before the last package"},
    CleanRule{RemoveByPrefix, "/var/lib/dpkg", "lock", "lock files"},
    CleanRule{Remove, "/var/lib/dpkg/triggers/Lock", "", "lock file"},
    CleanRule{RemoveByPrefix, "/var/lib/ucf", "hashfile.", "ucf's own backups"},
    CleanRule{RemoveByPrefix, "/var/lib/ucf", "registry.", "ucf's own backups"},
    CleanRule{RemoveByPrefix, "/etc/ssh", "ssh_host_", "every machine must have its own host keys"},
    CleanRule{Remove, "/var/lib/systemd/random-seed", "", "a shared seed is no seed"},
    CleanRule{Remove, "/var/lib/systemd/credential.secret", "", "the key that a machine seals its credentials with"},
    CleanRule{Empty, "/var/lib/systemd/timers", "", "when timers last ran, at the build"},
    CleanRule{Remove, "/var/lib/dbus/machine-id", "",
              "a second machine id; made as a symlink to /etc/machine-id at boot"},
    CleanRule{Remove, "/etc/.pwd.lock", "", "lock file"},
    CleanRule{Remove, "/etc/passwd-", "", "backup from before the last change"},
    CleanRule{Remove, "/etc/shadow-", "", "backup from before the last change, with hashes"},
    CleanRule{Remove, "/etc/group-", "", "backup from before the last change"},
    CleanRule{Remove, "/etc/gshadow-", "", "backup from before the last change"},
    CleanRule{Remove, "/etc/subuid-", "", "backup from before the last change"},
    CleanRule{Remove, "/etc/subgid-", "", "backup from before the last change"},
    CleanRule{Remove, "/root/.bash_history", "", "what somebody typed"},
    CleanRule{Remove, "/root/.wget-hsts", "", "hosts that the build talked to"},
};

/// RootDir::remove() also removes an empty folder; a rule about files must not.
void remove_file(const RootDir& root, const std::string& path) {
  const auto status = root.status(path);
  if (status && !S_ISDIR(status->st_mode)) root.remove(path);
}

void remove_files_below(const RootDir& root, const std::string& folder) {
  for (const auto& name : root.list(folder)) {
    const std::string path = folder + "/" + name;
    const auto status = root.status(path);
    if (status && S_ISDIR(status->st_mode)) {
      remove_files_below(root, path);
    } else {
      root.remove(path);
    }
  }
}

void apply_rule(const RootDir& root, const CleanRule& rule) {
  const std::string path(rule.path);
  // A folder that is a symlink is left alone: its content belongs to another rule, or to nobody.
  const auto status = root.status(path);
  if (!status) return;
  if (rule.action == Remove) return remove_file(root, path);
  if (!S_ISDIR(status->st_mode)) return;
  if (rule.action == Empty) return root.clear_folder(path);
  if (rule.action == RemoveFilesBelow) return remove_files_below(root, path);
  for (const auto& name : root.list(path)) {
    const bool hit = rule.action == RemoveBySuffix ? name.ends_with(rule.pattern) : name.starts_with(rule.pattern);
    if (hit) remove_file(root, path + "/" + name);
  }
}

}  // namespace

std::span<const CleanRule> clean_rules() { return kRules; }

void clean_image(const RootDir& root) {
  for (const auto& rule : kRules) apply_rule(root, rule);
}

}  // namespace keelson::os
