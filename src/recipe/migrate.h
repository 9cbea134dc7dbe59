/// Turns a configuration of an older form into today's: Image Customizer's, of any version since its first, or an
/// image configuration of the toolkit that Azure Linux and CBL-Mariner were made with. Each change is told by a note.
///
/// Source: the published documentation and history of both tools. What today's form is: recipe/language.h.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/findings.h"

namespace keelson::recipe {

struct MigrationNote {
  enum class Kind {
    Changed,   ///< said in another form now; means the same
    Remark,    ///< worth knowing, nothing to do
    Dropped,   ///< has no counterpart: not in the result
    NeedsHand  ///< is in the result, and a person must decide
  };
  Kind kind = Kind::Changed;
  Mark mark;        ///< in the old file; line 0: the file as a whole
  std::string was;  ///< a path, or a path and a value; never a secret
  std::string is;   ///< the same in the result; "" when not `Changed`
  std::string why;
};

enum class OldForm { Customizer, Toolkit };

struct Migration {
  OldForm form = OldForm::Customizer;
  std::string yaml;
  std::vector<MigrationNote> notes;  ///< in the order of the old file's lines
  std::vector<Finding> findings;     ///< what today's reader says about `yaml`
  /// Nothing is left for a person: all was carried over, and the result is valid.
  bool complete() const;
};

/// Untrusted text, bounded as recipes are (document.h).
/// @param name what messages call the old file.
/// @throws Error(BadInput) with all findings when the text is no document, or neither kind of configuration.
Migration migrate(std::string_view text, const std::filesystem::path& name);

/// "old.yaml:3:1: changed: 'systemConfig' is now 'os': …", a line per note.
std::string render_notes(std::string_view file, const std::vector<MigrationNote>& notes);

/// The same for programs: a JSON array of {kind, file, line, column, was, is, why}.
std::string notes_json(std::string_view file, const std::vector<MigrationNote>& notes);

}  // namespace keelson::recipe
