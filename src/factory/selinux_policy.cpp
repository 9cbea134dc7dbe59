#include "factory/selinux_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/hash.h"
#include "os/selinux_compile.h"
#include "packages/deb/install/delta.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

bool makes_policies(std::string_view package) {
  // semodule, the libraries that it loads, and what they compile.
  constexpr std::string_view kBegins[] = {"selinux-",        "libselinux", "libsepol", "libsemanage",
                                          "policycoreutils", "semodule",   "libc6",    "libbz2-",
                                          "libaudit",        "libcap-ng",  "libpcre2", "container-selinux"};
  return std::any_of(std::begin(kBegins), std::end(kBegins), [&](auto begin) { return package.starts_with(begin); });
}

// libsemanage looks for the homes of the image's accounts.
constexpr std::string_view kAccounts[] = {
    "etc/passwd",          "etc/group",        "etc/login.defs",    "etc/shells",
    "etc/default/useradd", "etc/libuser.conf", "etc/nsswitch.conf", "etc/selinux/semanage.conf"};

Sha256 policy_key(const SystemRequest& request, const RootDir& root, const std::string& deferred) {
  std::string key = fmt::format("1 {} {}", request.lock.epoch(), sha256(deferred).hex());
  for (const auto& package : request.lock.packages) {
    if (makes_policies(package.name)) key += fmt::format(" {}={}", package.name, package.sha256.hex());
  }
  for (const auto path : kAccounts) {
    const auto text = root.find_text(path);
    key += fmt::format(" {}={}", path, text ? sha256(*text).hex() : "");
  }
  for (const auto& module : request.recipe.os.selinux_modules)
    key += fmt::format(" {}={}", module.filename().native(), sha256_file(module).hex());
  for (const auto& [name, value] : request.recipe.os.selinux_booleans) key += fmt::format(" {}={}", name, value);
  return sha256(key);
}

}  // namespace

bool is_selinux_policy(std::string_view package) {
  return package.find("selinux") != std::string_view::npos && package.find("policy") != std::string_view::npos;
}

void check_has_selinux_policy(const recipe::Recipe& recipe, const deb::Lock& lock) {
  const auto mode = recipe.os.selinux;
  if (!mode || *mode == recipe::SelinuxMode::Disabled) return;
  const auto is_policy = [](const deb::LockedPackage& package) { return is_selinux_policy(package.name); };
  if (std::any_of(lock.packages.begin(), lock.packages.end(), is_policy)) return;
  throw Error(ErrorKind::BadInput, "cannot set 'os.selinux.mode': none of the image's packages is an SELinux policy",
              "add selinux-policy-default to os.packages.install");
}

void compile_policy(const SystemRequest& request, const RootDir& root, Reporter& reporter) {
  const os::PolicyAdditions additions{.modules = request.recipe.os.selinux_modules,
                                      .booleans = request.recipe.os.selinux_booleans};
  const std::string deferred = root.find_text(os::kDeferredPolicy, mebibytes(1)).value_or("");
  if (additions.empty() && deferred.empty()) return;
  Step step(reporter, "compiling the SELinux policy", additions.modules.size());
  const Sha256 key = policy_key(request, root, deferred);
  const fs::path kept = request.cache_folder / "steps" / fmt::format("selinux-{}.tar.zst", key.hex());
  if (!request.fresh && fs::exists(kept)) {
    deb::apply_delta(root, kept);
    step.set_result("as kept from an earlier build");
    return;
  }
  const auto before = deb::read_stamps(root);
  os::compile_selinux_policy(additions, request.lock.epoch(), root);
  try {
    fs::create_directories(kept.parent_path());
    deb::write_delta(root, before, kept);
  } catch (const std::exception& error) {
    reporter.warn(fmt::format("the compiled policy is not kept for the next build: {}", error.what()));
  }
}

}  // namespace keelson::factory
