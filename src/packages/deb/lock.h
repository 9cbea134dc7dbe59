/// A lock: the exact packages that a recipe resolved to, and where they came from. What is built from a lock
/// depends on nothing else: same lock, same bytes. JSON, schema/lock.schema.json; keys sorted, packages sorted by
/// name, so that two locks can be compared line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"

namespace keelson::deb {

/// One package file, as the signed index describes it.
struct LockedPackage {
  std::string name;
  std::string version;       ///< Debian version, "1:2.3-4"
  std::string architecture;  ///< "amd64", "arm64", "all"
  std::string source;        ///< source package's name ("openssl" for libssl3t64)
  std::string source_version;
  Sha256 sha256;    ///< of the .deb file
  ByteCount size;   ///< of the .deb file
  std::string url;  ///< mirror's base + pool path, as it was when locked
  bool essential = false;
  bool requested = false;  ///< named by the recipe (apt's "manual"); the others are dependencies

  bool operator==(const LockedPackage&) const = default;
};

/// One suite that was consulted.
struct LockedSuite {
  std::string suite;      ///< "trixie", "trixie-security"
  std::string url;        ///< the archive's base
  Sha256 release_sha256;  ///< of the verified Release text
  std::int64_t date = 0;  ///< the Release file's Date, seconds since the epoch

  bool operator==(const LockedSuite&) const = default;
};

struct Lock {
  std::string architecture;     ///< of the image
  std::string snapshot_time{};  ///< the suites are as they were then, RFC 3339; "": when it was locked
  std::vector<LockedSuite> suites;
  std::vector<std::string> requested;   ///< the goal: what the recipe asked for
  std::vector<LockedPackage> packages;  ///< sorted by name

  /// The time that everything built from this lock carries: the newest suite's date.
  std::int64_t epoch() const;
  bool operator==(const Lock&) const = default;
};

/// Deterministic JSON text, ending in a newline.
std::string write_lock(const Lock& lock);

/// @param name what messages call the text (the file's path). Untrusted: every field is checked, counts are bounded.
/// @throws Error(BadInput) naming the field.
Lock parse_lock(std::string_view text, std::string_view name);

}  // namespace keelson::deb
