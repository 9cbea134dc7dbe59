/// os.fips: OpenSSL's FIPS provider becomes what every program of the image gets from OpenSSL, bound to the module by
/// its checksum; and at boot a unit tests both it and the kernel. The kernel's argument is none of this file's: see
/// recipe::hardening_arguments().
/// Sources: OpenSSL 3.5's config(5), fips_module(7), openssl-fipsinstall(1); apt.conf(5).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sys/root_dir.h"

namespace keelson::os {

/// Debian's packages without which there is no FIPS mode.
inline constexpr std::array<std::string_view, 2> kFipsPackages{"openssl", "openssl-provider-fips"};

/// What fips_module(7) calls the configuration of the module; openssl fipsinstall writes it.
inline constexpr std::string_view kFipsModuleConfig = "etc/ssl/fipsmodule.cnf";
/// What makes it OpenSSL's default; included at the end of openssl.cnf.
inline constexpr std::string_view kFipsConfig = "etc/ssl/fips-mode.cnf";
/// The test at boot.
inline constexpr std::string_view kFipsUnit = "usr/lib/systemd/system/fips-self-test.service";
/// Binds a module that apt brings on the running machine.
inline constexpr std::string_view kFipsAptHook = "etc/apt/apt.conf.d/80-fips-mode";

struct FipsOptions {
  std::int64_t epoch = 0;  ///< for programs that ask what time it is
  /// The module may be another than the one that the image is bound to: a package brought it.
  bool new_module = false;
};

/// Whether enable_fips() made the tree so.
bool is_fips_enabled(const RootDir& root);

/// Whether the tree has all that enable_fips() needs.
/// @throws Error(BadInput) with a hint when OpenSSL, its FIPS provider or the kernel's FIPS mode is missing.
void require_fips(const RootDir& root);

/// Runs the image's own `openssl fipsinstall`, which tests the module and takes its checksum, in the sandbox; the
/// caller has entered private namespaces. Enabling twice leaves the same bytes.
/// @throws Error(BadInput) as require_fips(); when the module does not pass its tests; when it is not the one that the
/// image is bound to and no package brought another.
void enable_fips(const RootDir& root, const FipsOptions& options);

/// enable_fips() after the module has been tested. @param module_config what openssl fipsinstall wrote.
void bind_fips(const RootDir& root, std::string_view module_config, const FipsOptions& options);

/// OpenSSL as its packages configure it: for as long as they are changed, since their scripts may use it when the
/// module is a new one and the checksum still the old one's.
void suspend_fips(const RootDir& root);

/// Takes back what enable_fips() did; to the byte, where nobody else changed it since.
void disable_fips(const RootDir& root);

}  // namespace keelson::os
