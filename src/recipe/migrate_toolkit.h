/// Reads the image configuration of the toolkit that Azure Linux and CBL-Mariner were made with, and writes today's.
/// Source: the toolkit's documentation, "Image configuration", and its configuration package, 2020 to 2025. Its JSON
/// reader took keys in any case, and so does this.
#pragma once

#include "recipe/migrate_notes.h"
#include "recipe/migrate_tree.h"

namespace keelson::recipe {

/// Whether the document is one of the toolkit's.
bool is_toolkit_config(const Node& root);

/// Today's configuration.
Node from_toolkit_config(const Node& root, Notes& notes);

/// A map of the old configuration, whose keys are taken one by one; what nobody took is reported.
class OldMap {
 public:
  /// @param node a map; anything else counts as empty. Must outlive this.
  OldMap(const Node* node, std::string path, Notes& notes);

  /// The value, unless it is absent or nothing.
  const Node* take(std::string_view key);
  std::string text(std::string_view key);
  bool is_true(std::string_view key);
  /// Moves the value as it is to `target` in `to`, whose path is `to_path`, and says so.
  void carry(std::string_view key, Node& to, std::string_view target, std::string_view to_path);
  /// Takes the key and says that it is lost, if it holds anything but false, 0 or nothing.
  void drop(std::string_view key, std::string_view why);
  /// What has no effect in today's form.
  void ignore(std::string_view key);
  /// Reports the keys that nobody took. Those that begin with '_' are comments.
  void finish();

  std::string path_of(std::string_view key) const;
  const std::string& path() const { return path_; }
  Mark mark_of(std::string_view key) const;
  Notes& notes() const { return notes_; }

 private:
  const Entry* find(std::string_view key) const;

  const Node* node_;
  std::string path_;
  Notes& notes_;
  std::vector<const Entry*> taken_;
};

/// `storage` and `output` of a disk and its mounts; `root` is today's configuration.
void read_toolkit_disk(const Node& disk, const std::string& path, OldMap& system, Node& root, Notes& notes);

/// `os` and `scripts` of a system.
void read_toolkit_system(OldMap& system, Node& root, Notes& notes);

}  // namespace keelson::recipe
