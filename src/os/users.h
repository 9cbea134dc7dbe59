/// The `os.users` of a recipe: accounts that are made, or changed where they exist.
#pragma once

#include <cstdint>
#include <span>

#include "base/reporter.h"
#include "base/sha256.h"
#include "os/accounts.h"
#include "recipe/recipe.h"

namespace keelson::os {

struct UserOptions {
  std::int64_t epoch = 0;  ///< seconds; the day of it is the passwords' date of change
  Sha256 seed;             ///< salts follow from it
};

/// A new account gets the uid given or the lowest free one from 1000, a group of its own name unless a primary group
/// is given, a home folder filled from /etc/skel, the shell /bin/bash (or /bin/sh without bash), and no password.
/// An existing account keeps what the recipe does not mention; a uid or a home folder for it is an error, as in
/// Image Customizer, because its files already lie there under the old number. Keys are added to those that are
/// already in ~/.ssh/authorized_keys.
/// `accounts` is changed, not written: see write_accounts(). Home folders are written.
/// @throws Error(BadInput) with a frame that names the entry.
void apply_users(std::span<const recipe::User> users, Accounts& accounts, const RootDir& root,
                 const UserOptions& options, Reporter& reporter);

}  // namespace keelson::os
