/// RPM's database of a system that does not run: where it is, and one header after the other.
/// Source: rpm 4.x, macros `_dbpath` and `_db_backend`: /var/lib/rpm, /usr/lib/sysimage/rpm (Fedora, SUSE, Azure
/// Linux 4), /usr/share/rpm (OSTree).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "formats/rpmdb/database.h"
#include "formats/rpmdb/header.h"
#include "inventory/packages.h"
#include "inventory/system_reader.h"

namespace keelson::inventory {

/// Where RPM keeps it, in the order of looking.
constexpr std::string_view kRpmFolders[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm", "/usr/share/rpm"};

class RpmDatabase {
 public:
  /// Nothing for a system without one. Of several the first that has packages counts.
  /// @throws Error(BadInput) for one that is larger than 1 GiB.
  static std::optional<RpmDatabase> find(const SystemReader& system);

  const std::string& path() const { return path_; }
  rpmdb::Form form() const { return form_; }
  /// What is worth telling of how it was read: a log that was brought in, or could not be.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Every installed package but the keys that RPM keeps among them ("gpg-pubkey"). The header is valid during the
  /// call.
  /// @throws Error(BadInput) for a damaged database, or a package with neither name nor version.
  void visit(const std::function<void(const rpmdb::Header&)>& take);

  /// All of them, sorted by name, architecture and version (kernels may be there several times).
  std::vector<Package> packages();

 private:
  std::string path_;
  rpmdb::Form form_ = rpmdb::Form::Sqlite;
  std::string content_;
  std::vector<std::string> notes_;
};

}  // namespace keelson::inventory
