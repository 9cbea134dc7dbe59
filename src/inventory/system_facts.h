/// Facts that a system's own files tell, whether somebody reads them in a running machine or in an image: as JSON, in
/// the words of schema/facts.schema.json (docs/reference/facts.md). Each function is told what it reads by the names of
/// sections. None of them fails: what a section does not tell, or tells in a form we don't know, is left out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/sections.h"

namespace keelson::inventory {

nlohmann::json os_release(const Sections& sections);      ///< of "os-release": {id, versionId, name}
nlohmann::json image_identity(const Sections& sections);  ///< of "os-release": {id, version}

inline constexpr std::size_t kMostInstalled = 200'000;  ///< packages; all of Debian is 70,000

/// Of "packages", dpkg's status file or its lines Package, Status and Version: {count, versions: {name: version}};
/// {} when there is none. More than kMostInstalled are left out.
nlohmann::json installed_packages(const Sections& sections);

/// Of "kernel-config", lines "CONFIG_X=y" and "# CONFIG_X is not set": {"CONFIG_X": "y"}, "n" where it is not set.
nlohmann::json kernel_configuration(const Sections& sections);

/// Of "sysctls", lines "kernel/sysrq:0": nested, {"kernel": {"sysrq": 0}}. The first of a name counts.
nlohmann::json sysctls(const Sections& sections);

/// Of "selinux-config": {policy, configuredMode}.
nlohmann::json selinux_configuration(const Sections& sections);

/// Of "setuid", lines "4755 root root /usr/bin/su": {count, paths, setgidCount}; the paths are sorted.
nlohmann::json setuid(const Sections& sections);
/// Of "modes" (lines "0644 root:root /etc/passwd"), "world-writable" and "unowned" (paths, which are sorted).
nlohmann::json files(const Sections& sections);

/// Of "passwd", "group" and "shadow" (lines "NAME empty|locked|set"): the lists of docs/reference/facts.md.
nlohmann::json accounts(const Sections& sections);
/// "NAME empty|locked|set" for each account of shadow(5): no hash gets further than this.
std::string shadow_states(std::string_view shadow);

/// Settings come as lines "PATH:LINE" of "settings": those of the files and of the form that wanted_setting() says.
bool wanted_setting(std::string_view path, std::string_view line);
/// Adds umask, hash, maximumDays, warningDays, suRestricted and shellTimeout.
void put_login_settings(nlohmann::json& accounts, const Sections& sections);
/// Of "modules-there" (lines "/NAME.ko") and "settings": {loadable, blocked}.
nlohmann::json modules(const Sections& sections);
/// Of "settings" and "journal" ("persistent" where /var/log/journal is there): {stored}.
nlohmann::json journal(const Sections& sections);
/// The last value of a key in a file of systemd's and its drop-ins: last_setting(sections, "journald.conf", "Storage").
std::string last_setting(const Sections& sections, std::string_view file, std::string_view key);

/// Of "banners", lines "PATH:LINE" of what banner_reveals(): {revealing: [path]}.
nlohmann::json banners(const Sections& sections);
/// Whether a line of a banner names the system: by a sequence of agetty(8), or a distribution's name.
bool banner_reveals(std::string_view line);

/// A number where the text is one.
nlohmann::json number_or_text(std::string_view text);

}  // namespace keelson::inventory
