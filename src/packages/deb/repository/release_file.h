/// A suite's Release file as a value: what the archive signs, with the digests of all its indices.
/// Source: the Debian repository format (wiki.debian.org/DebianRepository/Format), "Release" files; Policy's deb822.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::deb {

struct ReleaseEntry {
  Sha256 sha256;
  ByteCount size;
};

struct Release {
  std::string suite;                        ///< "stable"
  std::string codename;                     ///< "trixie"
  std::string version;                      ///< "13.1"; often ""
  std::int64_t date = 0;                    ///< seconds since the epoch
  std::optional<std::int64_t> valid_until;  ///< seconds since the epoch
  std::string snapshots;                    ///< where older states are: a URL with @SNAPSHOTID@, "no", or ""
  bool acquire_by_hash = false;
  std::vector<std::string> components;
  std::vector<std::string> architectures;
  std::map<std::string, ReleaseEntry, std::less<>> files;  ///< "main/binary-amd64/Packages.xz" and so on
};

/// Parses the text that the signature covers, and nothing else: see verify.h.
/// @throws Error(BadInput) naming the field.
Release parse_release(std::string_view text, std::string_view name);

/// "Sat, 21 Nov 2026 09:15:44 UTC" as seconds since the epoch (RFC 5322 section 3.3, any locale; zone UTC, GMT, Z or
/// an offset). @throws Error(BadInput).
std::int64_t parse_release_date(std::string_view text);

/// The other way, for messages: "2026-11-21 09:15 UTC".
std::string describe_date(std::int64_t seconds);

}  // namespace keelson::deb
