#include "factory/ipe.h"

#include <fmt/format.h>

#include "base/error.h"
#include "crypto/signed_data.h"
#include "os/ipe.h"
#include "sys/file.h"

namespace keelson::factory {

namespace {

constexpr ByteCount kLargestPolicy = mebibytes(1);

bool is_wanted(const recipe::Os& os) { return os.ipe && *os.ipe != recipe::IpeMode::Disabled; }

std::string policy_of(const recipe::Os& os) {
  return os.ipe_policy.empty() ? std::string(os::default_ipe_policy()) : read_file(os.ipe_policy, kLargestPolicy);
}

}  // namespace

void check_ipe(const recipe::Recipe& recipe, bool has_verity) {
  if (!is_wanted(recipe.os)) return;
  os::require_ipe_policy_name(policy_of(recipe.os), recipe.os.ipe_policy.native());
  if (!recipe.os.ipe_policy.empty() || has_verity || (recipe.storage && !recipe.storage->verity.empty())) return;
  throw Error(ErrorKind::BadInput,
              "cannot apply 'os.ipe': no volume of the recipe is under dm-verity, so that no program would run",
              "put the root file system under storage.verity");
}

void apply_ipe(const recipe::Recipe& recipe, const std::optional<SecureBoot>& secure_boot, const RootDir& root,
               Reporter& reporter) {
  if (!is_wanted(recipe.os)) return;
  os::check_loads_ipe_policies(root);
  const std::string policy = policy_of(recipe.os);
  const std::string name = os::require_ipe_policy_name(policy, recipe.os.ipe_policy.native());
  Step step(reporter, "signing the integrity policy");
  os::install_ipe_policy(root, name, sign_attached(secure_boot.value().signer, as_bytes(policy)));
  step.set_result(fmt::format("'{}' by '{}'", name, secure_boot->signer.certificate.subject()));
}

}  // namespace keelson::factory
