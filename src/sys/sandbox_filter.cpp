#include "sys/sandbox_filter.h"

#include <seccomp.h>

#include <algorithm>
#include <cerrno>

#include "sys/open_watcher.h"

namespace keelson {

namespace {

// Refused: they change the host's kernel, time or keys, or look into other processes.
constexpr int kRefused[] = {
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(reboot),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(syslog),
};

// A user namespace inside would give back the capabilities that the sandbox drops.
constexpr scmp_datum_t kNewUserNamespace = 0x10000000;  // CLONE_NEWUSER; <sched.h> and <seccomp.h> agree on it

int refuse_user_namespaces(scmp_filter_ctx filter) {
  const scmp_arg_cmp flag = SCMP_A0(SCMP_CMP_MASKED_EQ, kNewUserNamespace, kNewUserNamespace);
  int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 1, flag);
  if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, flag);
  // The filter cannot look into clone3's structure; without it libc falls back to clone.
  if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setns), 0);
  return result;
}

constexpr int kFlushes[] = {SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync), SCMP_SYS(syncfs),
                            SCMP_SYS(sync_file_range)};

}  // namespace

int install_sandbox_filter(int* listener) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return -ENOMEM;
  int result = 0;
  for (const int call : kRefused) {
    if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
  }
  for (const int call : kFlushes) {
    if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), call, 0);
  }
  if (result == 0) result = refuse_user_namespaces(filter);
  for (const int* call = watched_calls(); listener != nullptr && *call != -1; ++call) {
    if (result == 0) result = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, *call, 0);
  }
  // A binary search over the calls: the common case (allowed) costs a handful of instructions, not forty.
  if (result == 0) result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (result == 0) result = seccomp_load(filter);
  if (result == 0 && listener != nullptr) result = std::min(*listener = seccomp_notify_fd(filter), 0);
  seccomp_release(filter);
  return result;
}

}  // namespace keelson
