/// The steps from an old configuration of Image Customizer to today's, each on the tree as the step before left it.
#pragma once

#include "recipe/migrate_notes.h"
#include "recipe/migrate_tree.h"

namespace keelson::recipe {

/// The first versions began keys with capitals: "SystemConfig".
void lower_first_letters(Node& root, Notes& notes);

/// Keys that moved as they were, from section to section.
void move_old_keys(Node& root, Notes& notes);

/// Sections of `os`, `scripts`, `iso` and `pxe` whose shape changed.
void reshape_system(Node& root, Notes& notes);
/// Users, and what is below `os.users`.
void reshape_users(Node& root, Notes& notes);

/// Disks, partitions, file systems and verity whose shape changed.
void reshape_storage(Node& root, Notes& notes);

/// Keys and words that the language doesn't know: set right where one candidate alone is near, else reported.
void correct_spelling(Node& root, Notes& notes);

/// `additionalFiles` as a map from source to destinations, as a list of files. Other values come back as they are.
Node files_from_map(Node files, const std::string& path, Notes& notes);

/// A size that was a number of MiB: 4096 as "4096M".
Node size_from_mebibytes(Node size);

/// "partuuid", "PartUuid", "part_uuid" as "part-uuid": a word of the language as it is written today.
std::string plain_word(std::string_view word);

}  // namespace keelson::recipe
