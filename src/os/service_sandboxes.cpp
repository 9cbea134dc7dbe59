#include "os/service_sandboxes.h"

#include <array>

namespace keelson::os {

namespace {

using recipe::Profile;

// No table has NoNewPrivileges: under SELinux it keeps a service out of its domain, unless the policy has
// nnp_transition for just that. What a service hands down to programs of others (containerd to containers, a login to a
// session) is in `strict` only, and none of that gives it a view of the file systems of its own: what it mounts is for
// all.

// The message bus passes messages on. It has its listening socket from systemd, starts services through systemd, looks
// users up, and writes to the kernel's audit (AF_NETLINK). SETUID and SETGID are for its helper, which starts services
// that systemd does not know.
constexpr std::array<Directive, 20> kMessageBus{{
    {"CapabilityBoundingSet", "CAP_AUDIT_WRITE CAP_SETGID CAP_SETUID"},
    {"IPAddressDeny", "any"},
    {"LockPersonality", "yes"},
    {"MemoryDenyWriteExecute", "yes"},
    {"PrivateDevices", "yes"},
    {"PrivateTmp", "yes"},
    {"ProtectClock", "yes"},
    {"ProtectControlGroups", "yes"},
    {"ProtectHome", "yes"},
    {"ProtectHostname", "yes"},
    {"ProtectKernelLogs", "yes"},
    {"ProtectKernelModules", "yes"},
    {"ProtectKernelTunables", "yes"},
    {"ProtectSystem", "strict", "ReadWritePaths=-/run/dbus"},
    {"RestrictAddressFamilies", "AF_UNIX AF_NETLINK"},
    {"RestrictNamespaces", "yes"},
    {"RestrictRealtime", "yes"},
    {"RestrictSUIDSGID", "yes"},
    {"SystemCallArchitectures", "native"},
    {"SystemCallFilter", "@system-service", "SystemCallErrorNumber=EPERM"},
}};

// A shell script that copies files of /var/lib/dpkg to /var/backups, once a day.
constexpr std::array<Directive, 20> kPackageBackup{{
    {"CapabilityBoundingSet", "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID"},
    {"LockPersonality", "yes"},
    {"MemoryDenyWriteExecute", "yes"},
    {"PrivateDevices", "yes"},
    {"PrivateNetwork", "yes"},
    {"PrivateTmp", "yes"},
    {"ProtectClock", "yes"},
    {"ProtectControlGroups", "yes"},
    {"ProtectHome", "yes"},
    {"ProtectHostname", "yes"},
    {"ProtectKernelLogs", "yes"},
    {"ProtectKernelModules", "yes"},
    {"ProtectKernelTunables", "yes"},
    {"ProtectSystem", "strict", "ReadWritePaths=/var/backups"},
    {"RestrictAddressFamilies", "AF_UNIX"},
    {"RestrictNamespaces", "yes"},
    {"RestrictRealtime", "yes"},
    {"RestrictSUIDSGID", "yes"},
    {"SystemCallArchitectures", "native"},
    {"SystemCallFilter", "@system-service", "SystemCallErrorNumber=EPERM"},
}};

// Asks mounted file systems to tell their disks what is free. It passes over what is mounted read-only, so
// ProtectSystem= would leave it without work, and ProtectClock= without devices.
constexpr std::array<Directive, 10> kTrim{{
    {"CapabilityBoundingSet", "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_SYS_ADMIN"},
    {"LockPersonality", "yes"},
    {"PrivateTmp", "yes"},
    {"ProtectHostname", "yes"},
    {"ProtectKernelLogs", "yes"},
    {"RestrictAddressFamilies", "AF_UNIX"},
    {"RestrictNamespaces", "yes"},
    {"RestrictRealtime", "yes"},
    {"RestrictSUIDSGID", "yes"},
    {"SystemCallArchitectures", "native"},
}};

// Our own units, which run one program once while the system starts: what costs the boot nothing.
constexpr std::array<Directive, 1> kStricterMounts{{{"CapabilityBoundingSet", "CAP_SYS_ADMIN"}}};
constexpr std::array<Directive, 1> kNoFurtherModules{{{"CapabilityBoundingSet", "CAP_SYS_MODULE"}}};

constexpr std::string_view kNoKernelWork =
    "~@clock:EPERM @cpu-emulation:EPERM @module:EPERM @obsolete:EPERM @raw-io:EPERM @swap:EPERM";

// The engine and everything that it starts, containers above all: none may be allowed these any more. What an ordinary
// container has (docker's and containerd's default capabilities) is all left.
constexpr std::array<Directive, 5> kContainerEngine{{
    {"CapabilityBoundingSet",
     "~CAP_AUDIT_CONTROL CAP_AUDIT_READ CAP_BLOCK_SUSPEND CAP_LEASE CAP_MAC_OVERRIDE CAP_SYSLOG CAP_SYS_BOOT "
     "CAP_SYS_MODULE CAP_SYS_PACCT CAP_SYS_RAWIO CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_WAKE_ALARM"},
    {"LockPersonality", "yes"},
    {"RestrictRealtime", "yes"},
    {"SystemCallArchitectures", "native"},
    {"SystemCallFilter", kNoKernelWork},
}};

// Logins, and the sessions that begin there. An administrator may still mount, trace, and set up networks.
constexpr std::array<Directive, 5> kSessions{{
    {"CapabilityBoundingSet",
     "~CAP_BLOCK_SUSPEND CAP_LEASE CAP_LINUX_IMMUTABLE CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_SYS_MODULE CAP_SYS_PACCT "
     "CAP_SYS_RAWIO CAP_SYS_TIME CAP_WAKE_ALARM"},
    {"LockPersonality", "yes"},
    {"RestrictRealtime", "yes"},
    {"SystemCallArchitectures", "native"},
    {"SystemCallFilter", kNoKernelWork},
}};

constexpr std::array<Sandbox, 10> kSandboxes{{
    {"containerd.service", Profile::Strict, kContainerEngine},
    {"dbus.service", Profile::Default, kMessageBus},
    {"dpkg-db-backup.service", Profile::Default, kPackageBackup},
    {"fstrim.service", Profile::Default, kTrim},
    {"getty@.service", Profile::Strict, kSessions},
    {"hardening-mounts.service", Profile::Default, kStricterMounts},
    {"modules-disabled.service", Profile::Default, kNoFurtherModules},
    {"serial-getty@.service", Profile::Strict, kSessions},
    {"ssh.service", Profile::Strict, kSessions},
    {"sshd@.service", Profile::Strict, kSessions},
}};

}  // namespace

std::span<const Sandbox> service_sandboxes() { return kSandboxes; }

}  // namespace keelson::os
