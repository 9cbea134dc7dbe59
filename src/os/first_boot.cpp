#include "os/first_boot.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "os/accounts.h"
#include "os/hostname.h"
#include "os/password.h"
#include "os/tree.h"
#include "os/unit_file.h"

namespace keelson::os {

namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

// On a first boot systemd applies its presets, and without a rule for a unit it enables the unit, whatever the recipe
// disabled. What is enabled is the image's business, so the last rule of all says: nothing more.
constexpr std::string_view kPreset =
    "# The image decides what is enabled; the first boot enables nothing more.\ndisable *\n";

void write_if_missing(const RootDir& root, std::string_view path, std::string_view content) {
  if (!root.status(path)) rewrite_file(root, path, content);
}

/// systemd-firstboot takes an account file without root for "ask", and this hash for "not provisioned yet".
void preset_root_password(Accounts& accounts, std::int64_t day) {
  auto* user = accounts.passwd.find("root");
  if (user == nullptr) return;
  auto* shadow = accounts.shadow.find("root");
  if (shadow == nullptr) {
    shadow = &accounts.shadow.add({.name = "root", .hash = std::string(kLockedPassword), .last_change = day});
  }
  if (shadow->hash.empty() || shadow->hash == "!unprovisioned") shadow->hash = kLockedPassword;
  if (user->password.empty()) user->password = "x";
}

bool will_boot_for_the_first_time(const RootDir& root) {
  const auto id = root.find_text("/etc/machine-id");
  return !id || id->starts_with("uninitialized");
}

}  // namespace

void keep_services_at_first_boot(const RootDir& root, const recipe::Services& services) {
  if ((services.enable.empty() && services.disable.empty()) || !will_boot_for_the_first_time(root)) return;
  // The first rule that names a unit counts: what is disabled goes first, for it was disabled last.
  std::string text;
  std::set<std::string> named;
  const auto add = [&](std::string_view rule, const std::string& service) {
    const std::string unit = parse_unit_name(service).text();
    if (named.insert(unit).second) text += fmt::format("{} {}\n", rule, unit);
  };
  for (const auto& service : services.disable) add("disable", service);
  for (const auto& service : services.enable) add("enable", service);
  const std::string before = root.find_text(kRecipePreset).value_or("");
  for (const auto line : split(before, '\n')) {
    const auto words = split_words(line);
    if (words.size() == 2 && !named.contains(std::string(words[1]))) text += fmt::format("{}\n", line);
  }
  root.make_folders("/etc/systemd/system-preset");
  rewrite_file(root, kRecipePreset, text);
}

void prepare_first_boot(const RootDir& root, std::int64_t epoch) {
  root.make_folders("/etc");
  root.write("/etc/machine-id", "uninitialized\n", 0444);
  if (root.exists("/usr/lib/systemd")) {
    root.make_folders("/usr/lib/systemd/system-preset");
    root.write(kFirstBootPreset, kPreset);
  }
  write_if_missing(root, "/etc/locale.conf", "LANG=C.UTF-8\n");
  write_if_missing(root, "/etc/vconsole.conf", "KEYMAP=us\n");
  provide_hosts_file(root);
  if (!root.status("/etc/localtime")) root.link("../usr/share/zoneinfo/Etc/UTC", "/etc/localtime");

  Accounts accounts = read_accounts(root);
  const std::int64_t day = epoch / kSecondsPerDay;
  preset_root_password(accounts, day);
  accounts.shadow.for_each([&](ShadowEntry& entry) {
    if (entry.last_change && *entry.last_change > day) entry.last_change = day;
  });
  write_accounts(root, accounts);
}

}  // namespace keelson::os
