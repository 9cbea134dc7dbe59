#include "recipe/hardening_profiles.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace keelson::recipe {

namespace {

// The stricter follow the defaults, so that a profile is a beginning of the list.
constexpr std::array<std::string_view, 17> kArguments{
    "init_on_alloc=1",
    "slab_nomerge",
    "page_alloc.shuffle=1",
    "randomize_kstack_offset=on",
    "vsyscall=none",
    "vdso32=0",
    "tsx=off",
    "debugfs=off",
    "module.sig_enforce=1",
    // These cost speed, or take something away that containers may use.
    "init_on_free=1",
    "iommu.strict=1",
    "pti=on",
    "mitigations=auto,nosmt",
    "ia32_emulation=0",
    "bdev_allow_write_mounted=0",
    "proc_mem.force_override=never",
    "efi=disable_early_pci_dma",
};
constexpr std::size_t kDefaultArguments = 9;

constexpr std::array<Sysctl, 42> kSysctls{{
    {"kernel.kptr_restrict", "2"},
    {"kernel.dmesg_restrict", "1"},
    {"kernel.perf_event_paranoid", "3"},
    {"kernel.kexec_load_disabled", "1"},
    {"kernel.unprivileged_bpf_disabled", "1"},
    {"kernel.sysrq", "0"},
    {"kernel.oops_limit", "100"},
    {"kernel.yama.ptrace_scope", "2"},
    {"kernel.randomize_va_space", "2"},
    {"net.core.bpf_jit_harden", "2"},
    {"vm.unprivileged_userfaultfd", "0"},
    {"dev.tty.ldisc_autoload", "0"},
    {"dev.tty.legacy_tiocsti", "0"},
    {"fs.protected_symlinks", "1"},
    {"fs.protected_hardlinks", "1"},
    {"fs.protected_fifos", "2"},
    {"fs.protected_regular", "2"},
    {"fs.suid_dumpable", "0"},
    {"net.ipv4.conf.all.send_redirects", "0"},
    {"net.ipv4.conf.default.send_redirects", "0"},
    {"net.ipv4.conf.all.accept_redirects", "0"},
    {"net.ipv4.conf.default.accept_redirects", "0"},
    {"net.ipv4.conf.all.secure_redirects", "0"},
    {"net.ipv4.conf.default.secure_redirects", "0"},
    {"net.ipv4.conf.all.accept_source_route", "0"},
    {"net.ipv4.conf.default.accept_source_route", "0"},
    {"net.ipv4.conf.all.log_martians", "1"},
    {"net.ipv4.conf.default.log_martians", "1"},
    // Loosely: a container's answer may leave by another interface than its question came in.
    {"net.ipv4.conf.all.rp_filter", "2"},
    {"net.ipv4.conf.default.rp_filter", "2"},
    {"net.ipv4.icmp_echo_ignore_broadcasts", "1"},
    {"net.ipv4.icmp_ignore_bogus_error_responses", "1"},
    {"net.ipv4.tcp_syncookies", "1"},
    {"net.ipv6.conf.all.accept_redirects", "0"},
    {"net.ipv6.conf.default.accept_redirects", "0"},
    {"net.ipv6.conf.all.accept_source_route", "0"},
    {"net.ipv6.conf.default.accept_source_route", "0"},
    // systemd-networkd reads router advertisements itself, on the interfaces where it is told to.
    {"net.ipv6.conf.all.accept_ra", "0"},
    {"net.ipv6.conf.default.accept_ra", "0"},
    {"vm.mmap_min_addr", "65536"},
    // Strict
    {"kernel.io_uring_disabled", "2"},
    {"kernel.warn_limit", "100"},
}};
constexpr std::size_t kDefaultSysctls = 40;

constexpr std::array<std::string_view, 24> kTakeBack{
    "mitigations=off",
    "nokaslr",
    "norandmaps",
    "nosmep",
    "nosmap",
    "nopti",
    "pti=off",
    "nospectre_v1",
    "nospectre_v2",
    "spectre_v2=off",
    "nospectre_bhb",
    "nospec_store_bypass_disable",
    "rodata=off",
    "slab_merge",
    "slub_merge",
    "hardened_usercopy=off",
    "init_on_alloc=0",
    "init_on_free=0",
    "kfence.sample_interval=0",
    "page_alloc.shuffle=0",
    "vsyscall=emulate",
    "debugfs=on",
    "module.sig_enforce=0",
    "sysrq_always_enabled",
};

template <typename Row, std::size_t N>
std::span<const Row> rows_of(const std::array<Row, N>& all, std::size_t defaults, Profile profile) {
  if (profile == Profile::None) return {};
  return std::span<const Row>(all).first(profile == Profile::Strict ? N : defaults);
}

}  // namespace

std::span<const std::string_view> profile_arguments(Profile profile) {
  return rows_of(kArguments, kDefaultArguments, profile);
}

std::vector<std::string> profile_arguments_beside(Profile profile, std::span<const std::string> own) {
  std::set<std::string_view> given;
  for (const auto& item : own) {
    for (const auto word : split_words(item)) given.insert(word.substr(0, word.find('=')));
  }
  std::vector<std::string> arguments;
  for (const auto argument : profile_arguments(profile)) {
    if (!given.contains(argument.substr(0, argument.find('=')))) arguments.emplace_back(argument);
  }
  return arguments;
}

std::span<const Sysctl> profile_sysctls(Profile profile) { return rows_of(kSysctls, kDefaultSysctls, profile); }

bool takes_back_hardening(std::string_view argument) {
  return std::find(kTakeBack.begin(), kTakeBack.end(), argument) != kTakeBack.end();
}

}  // namespace keelson::recipe
