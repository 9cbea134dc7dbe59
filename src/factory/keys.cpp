#include "factory/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "crypto/hash.h"
#include "crypto/private_key.h"
#include "formats/efi/names.h"
#include "sys/file.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

// Changes when what a step makes of the same input changes.
constexpr std::string_view kStepVersion = "keelson steps 4";

// Length before content: no two lists of parts give the same bytes.
void add(Sha256Hasher& hasher, std::string_view part) { hasher.update(fmt::format("{}:{};", part.size(), part)); }

void add_file(Sha256Hasher& hasher, const fs::path& file) {
  add(hasher, sha256_file(file).hex());
  add(hasher, fmt::format("{:o}", static_cast<unsigned>(fs::status(file).permissions())));
}

void add_folder(Sha256Hasher& hasher, const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    add(hasher, path.lexically_relative(folder).native());
    if (fs::is_symlink(path)) {
      add(hasher, fs::read_symlink(path).native());
    } else if (fs::is_regular_file(path)) {
      add_file(hasher, path);
    } else {
      add(hasher, fmt::format("{:o}", static_cast<unsigned>(fs::status(path).permissions())));
    }
  }
}

void add_users(Sha256Hasher& hasher, const recipe::Os& os) {
  for (const auto& user : os.users) {
    add(hasher, user.name);
    for (const auto& key : user.ssh_public_keys) add(hasher, key);
    if (!user.password) continue;
    const auto type = user.password->type;
    if (type == recipe::PasswordType::PlainTextFile || type == recipe::PasswordType::HashedFile)
      add_file(hasher, user.password->value);
  }
}

// A certificate stands for its key: signing is deterministic.
void add_secure_boot(Sha256Hasher& hasher, const recipe::Os& os) {
  if (!os.secure_boot) return;
  add(hasher, sha256_file(os.secure_boot->certificate).hex());
  // A token's key is named by its URI, which the recipe's text holds.
  if (const auto& key = os.secure_boot->pcr_key; !key.empty() && !is_pkcs11_uri(key))
    add(hasher, sha256_file(key).hex());
  if (os.secure_boot->enroll_keys.empty()) return;
  for (const auto& variable : efi::kKeyVariables)
    add(hasher, sha256_file(os.secure_boot->enroll_keys / fmt::format("{}.auth", variable.name)).hex());
}

// A script may read whatever lies in its recipe's folder; what it is told to run counts here.
void add_scripts(Sha256Hasher& hasher, std::span<const recipe::Script> scripts) {
  for (const auto& script : scripts) {
    if (!script.path.empty()) add_file(hasher, script.path);
  }
}

}  // namespace

Sha256 packages_key(const deb::Lock& lock) {
  Sha256Hasher hasher;
  add(hasher, kStepVersion);
  add(hasher, lock.architecture);
  add(hasher, std::to_string(lock.epoch()));
  for (const auto& package : lock.packages) {
    add(hasher, package.name);
    add(hasher, package.sha256.hex());
    add(hasher, package.requested ? "requested" : "dependency");
  }
  return hasher.finish();
}

Sha256 image_key(const deb::Lock& lock, const recipe::Recipe& recipe) {
  Sha256Hasher hasher;
  add(hasher, packages_key(lock).hex());
  add(hasher, recipe.name);
  add(hasher, read_file(recipe.file));
  for (const auto& base : recipe.base_configs) add(hasher, read_file(base));
  for (const auto& file : recipe.os.additional_files) {
    if (!file.content) add_file(hasher, file.source);
  }
  for (const auto& folder : recipe.os.additional_dirs) add_folder(hasher, folder.source);
  for (const auto& module : recipe.os.selinux_modules) add_file(hasher, module);
  if (!recipe.os.ipe_policy.empty()) add_file(hasher, recipe.os.ipe_policy);
  add_users(hasher, recipe.os);
  add_secure_boot(hasher, recipe.os);
  add_scripts(hasher, recipe.scripts.post_customization);
  add_scripts(hasher, recipe.scripts.finalize_customization);
  return hasher.finish();
}

}  // namespace keelson::factory
