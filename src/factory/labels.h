/// SELinux labels for the files of an image, given while their file system is written: there is no pass over them
/// afterwards, neither here nor at the first boot.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "formats/file_contexts/file_contexts.h"
#include "image/filesystems/tree.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

class Labels {
 public:
  explicit Labels(file_contexts::FileContexts contexts) : contexts_(std::move(contexts)) {}

  /// Sets the label of each entry; what the policy does not name has none afterwards.
  /// @param mount_point where the file system is mounted whose tree it is: "/".
  /// @return whether any entry had another one, or none.
  bool apply_to(image::Tree& tree, std::string_view mount_point) const;

 private:
  file_contexts::FileContexts contexts_;
};

/// The labels of the policy in the tree, if the recipe turns SELinux on.
/// @throws Error(BadInput) when there is no policy, or its file_contexts can't be read.
std::optional<Labels> labels_for(const recipe::Recipe& recipe, const RootDir& root);

/// The same for a base that is changed: also if the recipe says nothing and the base's own root is labelled, for then
/// what is new needs labels as well. @param base_root as the base has it.
std::optional<Labels> labels_for(const recipe::Recipe& recipe, const FileSystem& base_root, const RootDir& root);

}  // namespace keelson::factory
