/// The bill of materials of an image that is being built.
#pragma once

#include <optional>

#include "inventory/bill.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// What is made of what: all that is known before the image is a file.
struct BillRequest {
  const recipe::Recipe& recipe;
  const deb::Lock* lock = nullptr;  ///< none: no package came from anywhere
  std::string lock_file;            ///< name without a folder
  std::string name;                 ///< "": as in the image's os-release
  std::string image_version;        ///< "": as in the image's os-release
  std::int64_t epoch = 0;
  std::optional<inventory::BuildInput> base{};  ///< the image that is customised
};

/// Reads the packages of the tree with their licences, and adds what the lock says of them.
inventory::Bill bill_of_tree(const BillRequest& request, const RootDir& root);

/// The bill after the recipe's scripts have run: packages as they are now. Where a script removed documentation,
/// licences are those of `before`; where it removed dpkg's database, so is all the rest.
inventory::Bill bill_after_scripts(inventory::Bill before, const BillRequest& request, const RootDir& root);

}  // namespace keelson::factory
