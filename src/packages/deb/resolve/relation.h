/// Relations between Debian packages as values: what Depends, Pre-Depends, Recommends, Conflicts, Breaks, Replaces
/// and Provides say. Spec: Debian Policy 4.7, section 7.1 "Syntax of relationship fields".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::deb {

/// How a package's version must compare with the one that a relation names.
enum class VersionTest { Any, Earlier, EarlierOrEqual, Equal, LaterOrEqual, Later };

/// One package that a relation names: "runc (>= 1.1)". The views point into the field's text.
struct Relation {
  std::string_view name;
  std::string_view qualifier;  ///< architecture after the colon ("any", "amd64"), or ""
  VersionTest test = VersionTest::Any;
  std::string_view version;  ///< "" when test is Any

  bool operator==(const Relation&) const = default;
};

/// "a | b": one of them is enough; the first is the one that the packager prefers.
using Alternatives = std::vector<Relation>;

/// Reads one relationship field. Architecture lists ("[amd64]") and build profiles ("<!nocheck>") are skipped: binary
/// packages have none. An empty field has no relations.
/// @param field one field's value, untrusted, at most 1 MiB; the result points into it.
/// @param where what messages call it: "Depends of containerd".
/// @throws Error(BadInput) naming the part that breaks the syntax.
std::vector<Alternatives> parse_relations(std::string_view field, std::string_view where);

/// As parse_relations, for fields whose commas separate single packages (Conflicts, Breaks, Provides, Replaces).
/// @throws Error(BadInput) also when there are alternatives.
std::vector<Relation> parse_relation_list(std::string_view field, std::string_view where);

/// Whether a package of this version passes the relation's version test. Names are not compared.
bool is_version_accepted(const Relation& relation, std::string_view version);

/// "runc (>= 1.1)", "python3:any".
std::string to_text(const Relation& relation);
/// "a (>= 2) or b".
std::string to_text(const Alternatives& alternatives);

}  // namespace keelson::deb
