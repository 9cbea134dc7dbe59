// Kernel settings below /proc/sys. "max": the highest value that the kernel was built for.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kKernel = Source::KernelHardeningChecker;
constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 25> kKernelRows{{
    {kKernel, Subject::Sysctl, "kernel.kptr_restrict", "2", "addresses of the kernel are shown to nobody"},
    {kKernel, Subject::Sysctl, "kernel.dmesg_restrict", "1", "the kernel's log is for root"},
    {kKernel, Subject::Sysctl, "kernel.perf_event_paranoid", ">=3", "performance events are for root"},
    {kKernel, Subject::Sysctl, "kernel.kexec_load_disabled", "1", "another kernel cannot be started"},
    {kKernel, Subject::Sysctl, "kernel.modules_disabled", "1", "no further code can be loaded"},
    {kKernel, Subject::Sysctl, "kernel.unprivileged_bpf_disabled", "1", "BPF is for root, and that cannot be changed"},
    {kKernel, Subject::Sysctl, "net.core.bpf_jit_harden", "2", "constants of compiled BPF are blinded"},
    {kKernel, Subject::Sysctl, "user.max_user_namespaces", "0", "nobody makes user namespaces", "", Only::Always,
     "containers are kept apart by user namespaces"},
    {kKernel, Subject::Sysctl, "kernel.io_uring_disabled", "2", "nobody uses io_uring"},
    {kKernel, Subject::Sysctl, "vm.unprivileged_userfaultfd", "0", "page faults are handled by root's programs only"},
    {kKernel, Subject::Sysctl, "dev.tty.ldisc_autoload", "0", "line disciplines are not loaded by themselves"},
    {kKernel, Subject::Sysctl, "dev.tty.legacy_tiocsti", "0", "programs cannot type into their terminal"},
    {kKernel, Subject::Sysctl, "kernel.sysrq", "0", "magic keys do nothing"},
    {kKernel, Subject::Sysctl, "kernel.oops_limit", "<=100", "many faults of the kernel stop it"},
    {kKernel, Subject::Sysctl, "kernel.warn_limit", "<=100", "many warnings of the kernel stop it"},
    {kKernel, Subject::Sysctl, "kernel.yama.ptrace_scope", ">=2", "only root traces processes"},
    {kKernel, Subject::Sysctl, "kernel.randomize_va_space", "2", "programs lie at random addresses, their heaps too"},
    {kKernel, Subject::Sysctl, "vm.mmap_min_addr", ">=65536", "nothing can be mapped at the lowest addresses"},
    {kKernel, Subject::Sysctl, "vm.mmap_rnd_bits", "max", "addresses of mappings are as random as the processor allows",
     "CONFIG_ARCH_MMAP_RND_BITS_MAX"},
    {kKernel, Subject::Sysctl, "vm.mmap_rnd_compat_bits", "max", "those of 32-bit programs too",
     "CONFIG_ARCH_MMAP_RND_COMPAT_BITS_MAX"},
    {kKernel, Subject::Sysctl, "fs.protected_symlinks", "1", "links of others in shared folders are not followed"},
    {kKernel, Subject::Sysctl, "fs.protected_hardlinks", "1", "files of others cannot be linked"},
    {kKernel, Subject::Sysctl, "fs.protected_fifos", "2",
     "pipes of others in shared folders are not opened for writing"},
    {kKernel, Subject::Sysctl, "fs.protected_regular", "2", "nor files of others"},
    {kKernel, Subject::Sysctl, "fs.suid_dumpable", "0", "privileged programs leave no core dumps"},
}};

constexpr std::array<Check, 23> kNetworkRows{{
    {kCis, Subject::Sysctl, "net.ipv4.ip_forward", "0", "packets are not forwarded", "", Only::Always,
     "a container host routes between its containers and the network"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.all.forwarding", "0", "packets are not forwarded by IPv6", "", Only::Always,
     "a container host routes between its containers and the network"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.send_redirects", "0", "routes are not suggested to others (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.accept_redirects", "0", "routes that others suggest are ignored (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.secure_redirects", "0", "even those of the gateway (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.accept_source_route", "0", "a packet does not choose its route (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.log_martians", "1", "impossible senders are logged (all)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.all.accept_redirects", "0",
     "routes that others suggest by IPv6 are ignored (all)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.all.accept_source_route", "<=0",
     "a packet of IPv6 does not choose its route (all)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.all.accept_ra", "0",
     "the kernel itself does not listen to router advertisements (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.all.rp_filter", "1|2",
     "a packet from where no answer would go is dropped, loosely at least, as container networks need (all)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.send_redirects", "0",
     "routes are not suggested to others (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.accept_redirects", "0",
     "routes that others suggest are ignored (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.secure_redirects", "0", "even those of the gateway (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.accept_source_route", "0",
     "a packet does not choose its route (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.log_martians", "1", "impossible senders are logged (default)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.default.accept_redirects", "0",
     "routes that others suggest by IPv6 are ignored (default)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.default.accept_source_route", "<=0",
     "a packet of IPv6 does not choose its route (default)"},
    {kCis, Subject::Sysctl, "net.ipv6.conf.default.accept_ra", "0",
     "the kernel itself does not listen to router advertisements (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.conf.default.rp_filter", "1|2",
     "a packet from where no answer would go is dropped, loosely at least, as container networks need (default)"},
    {kCis, Subject::Sysctl, "net.ipv4.icmp_echo_ignore_broadcasts", "1", "broadcast pings are not answered"},
    {kCis, Subject::Sysctl, "net.ipv4.icmp_ignore_bogus_error_responses", "1", "wrong error messages are not logged"},
    {kCis, Subject::Sysctl, "net.ipv4.tcp_syncookies", "1", "half-open connections do not fill the memory"},
}};

}  // namespace

std::span<const Check> sysctl_checks() { return kKernelRows; }
std::span<const Check> network_sysctl_checks() { return kNetworkRows; }

}  // namespace keelson::hardening
