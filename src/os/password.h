/// Password hashes for /etc/shadow, the same in every build.
/// Source: crypt(5) of libxcrypt; yescrypt is the default of Debian 11 and newer.
#pragma once

#include <string>
#include <string_view>

#include "base/sha256.h"
#include "recipe/recipe.h"

namespace keelson::os {

/// What stands for "no password opens this account, other ways of logging in may". Not "!": an sshd without PAM
/// takes that for a closed account.
inline constexpr std::string_view kLockedPassword = "*";

/// yescrypt ("$y$…") with a salt derived from the build's seed and the account, so that two builds of one recipe
/// are equal and two accounts with one password differ.
/// @throws Error(BadInput) if the password is empty, longer than 511 bytes, or holds a line break or NUL.
std::string hash_password(std::string_view password, const Sha256& seed, std::string_view account);

/// The shadow field for a recipe's password: hashes plain text, reads files (one trailing line feed is dropped), and
/// checks that a given hash looks like one. @throws Error.
std::string shadow_hash(const recipe::Password& password, const Sha256& seed, std::string_view account);

}  // namespace keelson::os
