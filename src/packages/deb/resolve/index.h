/// Package indices ("Packages" files) as the resolver reads them: one record per stanza, on demand. A whole archive is
/// 57 MB of text of which one build needs a few thousand stanzas, so nothing here copies: records point into the text.
/// Spec: deb-control(5) for the fields, Debian's repository format for Filename, Size and SHA256.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "packages/deb/lock.h"
#include "packages/deb/resolve/relation.h"

namespace keelson::deb {

/// Where a stanza stands: byte offset and length in the text of index number `index`.
struct StanzaPlace {
  std::uint32_t index = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  bool operator==(const StanzaPlace&) const = default;
};

/// What the resolver must know of one package. The views point into the index's text, which must outlive the record.
struct PackageRecord {
  std::string_view name;
  std::string_view version;
  std::string_view architecture;
  std::string_view priority;  ///< "required", "optional", …; may be ""
  bool essential = false;
  bool any_architecture_allowed = false;  ///< Multi-Arch: allowed, so that "name:any" means this package too
  std::vector<Alternatives> pre_depends;
  std::vector<Alternatives> depends;
  std::vector<Alternatives> recommends;
  std::vector<Relation> conflicts;  ///< Conflicts and Breaks: of a finished system they mean the same
  std::vector<Relation> provides;
  StanzaPlace place;
  bool synthetic = false;  ///< made up by the caller (ProvidedPackage); stands in no index
  bool installed = false;  ///< is in the system already: `place` means nothing
};

/// The few fields that tell which packages an index holds, without the relations.
struct PackageHeading {
  std::string_view name;
  std::string_view architecture;
  std::string_view provides;  ///< the field, not yet parsed
  bool essential = false;
  StanzaPlace place;
};

/// Calls `take` for every package of an index, in its order.
/// @param text untrusted (but verified) Packages text of at most 4 GiB; @param name what messages call it.
/// @throws Error(BadInput) when it is not deb822, or a stanza lacks Package, Version or Architecture.
void read_headings(std::string_view text, std::uint32_t index, std::string_view name,
                   const std::function<void(const PackageHeading&)>& take);

/// Reads one stanza's record. @param stanza the text at `place`. @throws Error(BadInput) naming package and field.
PackageRecord read_record(std::string_view stanza, const StanzaPlace& place);

/// Reads what a lock says of a package. The file's path must be a plain relative one (no "..", no white space).
/// @throws Error(BadInput) naming package and field.
LockedPackage read_locked_package(std::string_view stanza, std::string_view base_url);

}  // namespace keelson::deb
