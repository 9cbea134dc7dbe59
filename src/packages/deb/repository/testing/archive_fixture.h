/// A small Debian archive for tests, signed by a throw-away key: on disk, for file: URLs or a loopback server.
/// For tests only; no product links it. It needs gpg; ask is_possible() and skip the test otherwise.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/deb/lock.h"

namespace keelson::deb::testing {

/// A package file to publish. Its content may be a real .deb or any bytes.
struct FixturePackage {
  std::string name;
  std::string version = "1.0";
  std::string content;
  std::string fields = {};  ///< further lines of its stanza, each ending in a newline ("Depends: b\n")
  std::string architecture = "amd64";
};

/// What a suite's Release file shall say.
struct FixtureSuite {
  std::string folder = "trixie";  ///< below dists/
  std::string suite = "stable";
  std::string codename = "trixie";
  std::int64_t date = 1'700'000'000;  ///< seconds since the epoch
  std::optional<std::int64_t> valid_until = {};
  std::string base = "debian";  ///< the archive's folder below root()
  std::string component = "main";
  std::string architecture = "amd64";
  bool by_hash = true;      ///< say so and write the by-hash files
  bool by_name = true;      ///< write the files under their plain names
  std::string fields = {};  ///< further lines, each ending in a newline
  std::vector<FixturePackage> packages = {};
};

/// Promise: the key's agent is gone and nothing is left when the object dies.
class ArchiveFixture {
 public:
  static bool is_possible();  ///< is there a gpg that can make and use keys?

  /// Makes a key in `folder`, which must exist and outlive the object.
  explicit ArchiveFixture(std::filesystem::path folder);
  ArchiveFixture(const ArchiveFixture&) = delete;
  ArchiveFixture& operator=(const ArchiveFixture&) = delete;
  ~ArchiveFixture();

  const std::filesystem::path& root() const { return root_; }        ///< what a server should serve
  const std::filesystem::path& keyring() const { return keyring_; }  ///< binary, public
  std::string armoured_key() const;
  std::string file_url(std::string_view base = "debian") const;         ///< "file:///…/debian"
  std::filesystem::path suite_folder(const FixtureSuite& suite) const;  ///< …/dists/trixie

  /// Writes pool, indices, Release and InRelease; what stood there before is replaced. Returns the packages as a lock
  /// would name them, with URLs below `url` (an archive's base, such as file_url()).
  std::vector<LockedPackage> publish(const FixtureSuite& suite, std::string_view url) const;
  /// Signs a text as an InRelease.
  std::string sign(const std::string& text) const;

 private:
  std::vector<std::string> gpg(std::vector<std::string> arguments) const;

  std::filesystem::path home_;
  std::filesystem::path root_;
  std::filesystem::path keyring_;
};

/// One .xz stream of the text.
std::string compress_xz(std::string_view text);

}  // namespace keelson::deb::testing
