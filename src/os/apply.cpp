#include "os/apply.h"

#include "os/accounts.h"
#include "os/cgroup.h"
#include "os/files.h"
#include "os/groups.h"
#include "os/hardening.h"
#include "os/hostname.h"
#include "os/modules.h"
#include "os/selinux.h"
#include "os/services.h"
#include "os/sysctls.h"
#include "os/users.h"

namespace keelson::os {

namespace {

void apply_accounts(const recipe::Os& os, const RootDir& root, const ApplyOptions& options, Reporter& reporter) {
  if (os.groups.empty() && os.users.empty()) return;
  Accounts accounts = read_accounts(root);
  apply_groups(os.groups, accounts);
  apply_users(os.users, accounts, root, {.epoch = options.epoch, .seed = options.seed}, reporter);
  write_accounts(root, accounts);
}

}  // namespace

void apply_os(const recipe::Os& os, const RootDir& root, const ApplyOptions& options, Reporter& reporter) {
  const Step step(reporter, "applying the recipe to the system");
  check_cgroup(os, root);
  apply_hostname(root, os.hostname);
  apply_accounts(os, root, options, reporter);
  apply_hardening(os.hardening, root);
  apply_additional_dirs(os.additional_dirs, root);
  apply_additional_files(os.additional_files, root);
  apply_services(os.services, root, reporter);
  apply_modules(os.modules, root);
  apply_sysctls(os.sysctls, root);
  if (os.selinux) apply_selinux_mode(*os.selinux, root);
  sandbox_services(os.hardening.services, root);
  strip_setuid_programs(os.hardening, root);
}

}  // namespace keelson::os
