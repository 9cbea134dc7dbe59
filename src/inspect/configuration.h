/// How a system is set up, as small files of /etc say it: what it is called, what it mounts, which of its kernel's
/// features and of its security is asked for, whom it trusts.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// Adds system.{machineId, hostname, timeZone, locale} and fstab.
void put_settings(nlohmann::json& facts, const SystemFiles& files);

/// Adds security.{selinux, fips, verity}, cgroup and kernel.configuredSysctls.
/// @param command_line the kernel's
void put_security(nlohmann::json& facts, const SystemFiles& files, std::string_view command_line);

/// Adds certificates. @param now seconds since the epoch: what has expired then is named
void put_certificates(nlohmann::json& facts, const SystemFiles& files, std::int64_t now);

/// Adds containerd, and image.{release, history} where an image customizer or Keelson wrote them.
void put_programs(nlohmann::json& facts, const SystemFiles& files);

/// The value of the last "KEY=…" of a kernel command line; nothing when it has none.
std::optional<std::string> kernel_argument(std::string_view command_line, std::string_view key);

/// Lines "kernel/sysrq:0" of sysctl.d(5): a file of /etc stands for that of the same name in /usr/lib, files count in
/// the order of their names, and of several values the last.
std::string configured_sysctls(const SystemFiles& files);

}  // namespace keelson::inspect
