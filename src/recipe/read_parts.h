/// The parts of read_recipe(), one file each. Each fills its part of the recipe and reports what breaks the rules
/// between keys (docs/reference/recipe.md) on the line where it stands.
#pragma once

#include "recipe/recipe.h"
#include "recipe/view.h"

namespace keelson::recipe {

Distribution read_distribution(const View& distribution, const Reading& reading);
Os read_os(const View& os, const Reading& reading);
/// @param root the whole recipe: some rules ask for os.bootloader and distribution.
std::optional<Storage> read_storage(const View& root, const Reading& reading);
/// Rules of `storage` that hold once it is read: file systems and what they stand on.
void check_filesystems(const Storage& storage, const View& view, const Reading& reading);

std::vector<Group> read_groups(const View& groups, const Reading& reading);
std::vector<User> read_users(const View& users, const Reading& reading);
std::vector<AdditionalFile> read_additional_files(const View& files, const Reading& reading);
std::vector<AdditionalDirectory> read_additional_dirs(const View& dirs, const Reading& reading);

}  // namespace keelson::recipe
