/// What the header of an installed RPM package says, as values of this folder.
/// Source: rpm.org, docs/manual/tags.md; rpm-version(7).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/rpmdb/header.h"
#include "inventory/packages.h"

namespace keelson::inventory {

/// The version is "[epoch:]version-release"; an epoch of 0 is not written. The source package is the one that the name
/// of the source RPM tells, with the epoch of this package. Texts are as they stand there: untrusted.
Package rpm_package(const rpmdb::Header& header);

/// One file of a package. Views of the header's bytes.
struct RpmFile {
  std::string path;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;   ///< with the type, as stat(2) has it
  std::uint32_t flags = 0;  ///< RPMFILE_*: 1 configuration, 2 documentation, 64 ghost: not in the package itself
  std::string_view owner;
  std::string_view group;
  std::string_view digest;  ///< hexadecimal; "" for what is no regular file

  bool is_configuration() const { return (flags & 1) != 0; }
  bool is_documentation() const { return (flags & 2) != 0; }
  bool is_ghost() const { return (flags & 64) != 0; }
};

/// In the order of the package. A file whose folder is missing, or whose list is shorter than another, is left out.
void visit_rpm_files(const rpmdb::Header& header, const std::function<void(const RpmFile&)>& take);

/// An entry of the changelog, newest first as packages have it.
struct RpmChange {
  std::int64_t time = 0;
  std::string_view author;  ///< "Name <name@example.org> - 2.0-3"
  std::string_view text;
};

std::vector<RpmChange> rpm_changelog(const rpmdb::Header& header);

/// The last eight bytes of the key that signed the package, hexadecimal: what `rpm -qi` calls "Key ID"; "" when it is
/// not signed, or the signature can't be read. Nothing is verified.
std::string rpm_signing_key(const rpmdb::Header& header);

}  // namespace keelson::inventory
