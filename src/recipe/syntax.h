/// The forms that texts in a recipe may have, and the conversion of scalars to values. Each form is there twice: as
/// a function for us and as a regular expression for the JSON schema; a test holds the two together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/units.h"

namespace keelson::recipe {

struct Syntax {
  std::string_view name;     ///< what a message calls it: "a host name"
  std::string_view rule;     ///< the rule in words, for hints and the reference page
  std::string_view pattern;  ///< ECMA 262, anchored
  bool (*matches)(std::string_view);
};

extern const Syntax kHostName;     ///< RFC 1123 labels, at most 64 characters (Linux HOST_NAME_MAX)
extern const Syntax kUserName;     ///< of a user or group, at most 32 characters
extern const Syntax kPackageSpec;  ///< any family's package name, with or without version
extern const Syntax kModuleName;
extern const Syntax kUnitName;        ///< systemd unit, with or without suffix
extern const Syntax kAbsolutePath;    ///< from '/', without '..'
extern const Syntax kFilePath;        ///< a path on the build host
extern const Syntax kLine;            ///< one line of text without control characters
extern const Syntax kIdentifier;      ///< printable ASCII without spaces
extern const Syntax kPartitionLabel;  ///< printable ASCII that fits GPT's 36 UTF-16 units
extern const Syntax kUuid;
extern const Syntax kMirror;  ///< 'host' or a URL
extern const Syntax kSuiteName;
extern const Syntax kComponent;
extern const Syntax kMountPath;      ///< absolute, and fit for fstab and overlayfs: no white space, colon, comma
extern const Syntax kMountOptions;   ///< no white space
extern const Syntax kSubvolumePath;  ///< relative and clean
extern const Syntax kAnyText;
extern const Syntax kNotEmpty;        ///< any text of at least one character
extern const Syntax kWord;            ///< printable, not empty, no white space
extern const Syntax kKernelArgument;  ///< one line, not empty
extern const Syntax kVariableName;    ///< POSIX environment variable
extern const Syntax kSysctlName;      ///< "net.ipv4.ip_forward", slashes allowed
extern const Syntax kSelinuxBoolean;  ///< "secure_mode_policyload"
extern const Syntax kOnOff;           ///< on, off, true, false
extern const Syntax kOciReference;    ///< registry/repository[:tag][@digest]
extern const Syntax kPlatform;        ///< "linux/amd64"
extern const Syntax kAzureVersion;    ///< "3.0" or "3.0.20250910"
extern const Syntax kAzureVariant;    ///< a path component of an OCI repository
extern const Syntax kPorts;           ///< "22" or "8000-8010"
extern const Syntax kNetwork;         ///< an IPv4 or IPv6 address, with or without "/prefix"
extern const Syntax kTimestamp;       ///< date, or RFC 3339 time
extern const Syntax kBootstrapUrl;
extern const Syntax kSha256Text;

/// Debian's package name (Policy 5.6.1), then optionally "=version": what a recipe of that family may install.
bool is_debian_package_spec(std::string_view text);

/// Decimal with an optional sign, or 0x… or 0o…; no leading zero, which YAML 1.1 and 1.2 read differently.
std::optional<std::int64_t> integer_from(std::string_view text);

/// true/false, yes/no, on/off, y/n in lower, upper or title case.
std::optional<bool> boolean_from(std::string_view text);

/// "100M": digits and K, M, G or T (powers of 1024), below 2^63. Zero is no size.
std::optional<ByteCount> size_from(std::string_view text);

/// One to four octal digits, at most 0777.
std::optional<std::uint32_t> permissions_from(std::string_view text);

}  // namespace keelson::recipe
