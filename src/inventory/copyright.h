/// The licences of a package, from the copyright file that Debian puts into every package.
/// Source: "Machine-readable debian/copyright file", version 1.0 (DEP-5); SPDX 2.3 Annex D "License expressions".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::inventory {

/// A licence that SPDX's list does not have, or that could not be told for one of it.
struct ExtractedLicense {
  std::string id;    ///< "LicenseRef-public-domain-0123456789abcdef": the name, and a digest of name and text
  std::string name;  ///< as the copyright file has it
  std::string text;  ///< at most 64 KiB

  bool operator==(const ExtractedLicense&) const = default;
};

struct PackageLicense {
  std::string expression;                   ///< SPDX's syntax; "" when the file makes no statement that a machine reads
  std::string note;                         ///< why there is no expression, and what was seen instead; or ""
  std::vector<ExtractedLicense> extracted;  ///< one for each LicenseRef in the expression
};

/// A LicenseRef for a name and a text, made of both: the same ones give the same.
ExtractedLicense extracted_license(std::string_view name, std::string_view text);

/// What is larger is not read: the largest of Debian has 1.6 MB.
constexpr std::size_t kLargestCopyright = std::size_t{4} << 20;

/// Understands a machine-readable file: all licences of its stanzas, joined by AND. It speaks of the whole source
/// package: what of it went into a binary package is not told. Of a free-form file only the texts in
/// /usr/share/common-licenses that it refers to are noted. Never throws for what the text says: it is untrusted, and
/// a broken file is a note.
PackageLicense read_copyright(std::string_view text);

}  // namespace keelson::inventory
