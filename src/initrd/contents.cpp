#include "initrd/contents.h"

#include <array>

namespace keelson::initrd {
namespace {

using namespace std::string_view_literals;

constexpr auto kRequiredFiles = std::to_array({
    "usr/lib/systemd/systemd"sv,
    "usr/bin/systemctl"sv,
    "usr/bin/udevadm"sv,
    "usr/lib/systemd/systemd-journald"sv,
    "usr/lib/systemd/systemd-udevd"sv,
    "usr/lib/systemd/systemd-shutdown"sv,
    "usr/lib/systemd/systemd-modules-load"sv,
    "usr/lib/systemd/system-generators/systemd-fstab-generator"sv,
    "usr/lib/systemd/system-generators/systemd-gpt-auto-generator"sv,
    "usr/bin/mount"sv,
    "usr/bin/umount"sv,
    "usr/bin/kmod"sv,
    // The kernel itself asks for modules by this name.
    "sbin/modprobe"sv,
    "usr/bin/journalctl"sv,
    "usr/lib/os-release"sv,
    "usr/lib/udev/rules.d/50-udev-default.rules"sv,
    "usr/lib/udev/rules.d/60-block.rules"sv,
    "usr/lib/udev/rules.d/60-persistent-storage.rules"sv,
    "usr/lib/udev/rules.d/80-drivers.rules"sv,
    "usr/lib/udev/rules.d/99-systemd.rules"sv,
});

constexpr auto kOptionalFiles = std::to_array({
    // systemd 254 and newer start every service through it.
    "usr/lib/systemd/systemd-executor"sv,
    "usr/lib/systemd/systemd-sysroot-fstab-check"sv,
    "usr/lib/systemd/systemd-volatile-root"sv,
    "usr/lib/systemd/system-generators/systemd-debug-generator"sv,
    // /dev/disk/by-id for SCSI and ATA disks.
    "usr/lib/udev/ata_id"sv,
    "usr/lib/udev/scsi_id"sv,
});

constexpr auto kVerityFiles = std::to_array({
    "usr/lib/systemd/systemd-veritysetup"sv,
    "usr/lib/systemd/system-generators/systemd-veritysetup-generator"sv,
    "usr/lib/systemd/system/veritysetup.target"sv,
    "usr/lib/systemd/system/veritysetup-pre.target"sv,
    "usr/lib/systemd/system/system-systemd\\x2dveritysetup.slice"sv,
    // What starts the units that the generator writes.
    "usr/lib/systemd/system/sysinit.target.wants/veritysetup.target"sv,
    "usr/lib/systemd/system/initrd-root-device.target.wants/remote-veritysetup.target"sv,
    "usr/lib/udev/rules.d/55-dm.rules"sv,
    "usr/lib/udev/rules.d/60-persistent-storage-dm.rules"sv,
    "usr/lib/udev/rules.d/95-dm-notify.rules"sv,
    "usr/sbin/dmsetup"sv,
});

constexpr auto kUnits = std::to_array({
    "basic.target"sv,
    "emergency.target"sv,
    "final.target"sv,
    "halt.target"sv,
    "initrd-cleanup.service"sv,
    "initrd-fs.target"sv,
    "initrd-parse-etc.service"sv,
    "initrd-root-device.target"sv,
    "initrd-root-fs.target"sv,
    "initrd-switch-root.service"sv,
    "initrd-switch-root.target"sv,
    "initrd-udevadm-cleanup-db.service"sv,
    "initrd-usr-fs.target"sv,
    "initrd.target"sv,
    "kexec.target"sv,
    "local-fs-pre.target"sv,
    "local-fs.target"sv,
    "modprobe@.service"sv,
    "paths.target"sv,
    "poweroff.target"sv,
    "reboot.target"sv,
    "shutdown.target"sv,
    "slices.target"sv,
    "sockets.target"sv,
    "swap.target"sv,
    "sysinit.target"sv,
    "systemd-halt.service"sv,
    "systemd-journald-dev-log.socket"sv,
    "systemd-journald.service"sv,
    "systemd-journald.socket"sv,
    "systemd-modules-load.service"sv,
    "systemd-poweroff.service"sv,
    "systemd-reboot.service"sv,
    "systemd-udev-trigger.service"sv,
    "systemd-udevd-control.socket"sv,
    "systemd-udevd-kernel.socket"sv,
    "systemd-udevd.service"sv,
    "systemd-volatile-root.service"sv,
    "timers.target"sv,
    "umount.target"sv,
});

constexpr auto kWants = std::to_array({
    "sysinit.target/systemd-journald.service"sv,
    "sysinit.target/systemd-modules-load.service"sv,
    "sysinit.target/systemd-udevd.service"sv,
    "sysinit.target/systemd-udev-trigger.service"sv,
    "sockets.target/systemd-journald-dev-log.socket"sv,
    "sockets.target/systemd-journald.socket"sv,
    "sockets.target/systemd-udevd-control.socket"sv,
    "sockets.target/systemd-udevd-kernel.socket"sv,
});

constexpr auto kModules = std::to_array({
    // Disks: virtio, NVMe, SATA, the SCSI layer, optical (installers), VMware.
    "virtio_pci"sv,
    "virtio_mmio"sv,
    "virtio_blk"sv,
    "virtio_scsi"sv,
    "nvme"sv,
    "ahci"sv,
    "ata_piix"sv,
    "sd_mod"sv,
    "sr_mod"sv,
    "vmw_pvscsi"sv,
    // Azure and Hyper-V: the bus, its disks, and PCI passthrough, where newer sizes have their NVMe disks.
    "hv_vmbus"sv,
    "hv_storvsc"sv,
    "pci_hyperv"sv,
    // Xen, as on older EC2.
    "xen_blkfront"sv,
    // File systems of roots, and what stands between them and a disk.
    "ext4"sv,
    "erofs"sv,
    "overlay"sv,
    "loop"sv,
    "dm_mod"sv,
    "dm_verity"sv,
    "crc32c_generic"sv,
    "crc32c_intel"sv,
    "sha256_generic"sv,
    "sha256_ssse3"sv,
    "sha256_ce"sv,
    // Where the boot loader tells which disk it came from, and where systemd finds credentials.
    "efivarfs"sv,
    "qemu_fw_cfg"sv,
    "dmi_sysfs"sv,
    // systemd asks for these at start; the random numbers and consoles of virtual machines.
    "autofs4"sv,
    "unix"sv,
    "virtio_rng"sv,
    "virtio_console"sv,
});

constexpr auto kGroups = std::to_array({
    "root:0"sv,
    "tty:5"sv,
    "disk:6"sv,
    "lp:7"sv,
    "kmem:15"sv,
    "dialout:20"sv,
    "cdrom:24"sv,
    "tape:26"sv,
    "audio:29"sv,
    "video:44"sv,
    "input:996"sv,
    "sgx:995"sv,
    "kvm:994"sv,
    "render:993"sv,
    "systemd-journal:999"sv,
    "clock:992"sv,
});

// Shows what went wrong on the console. There is no shell: a host without root password has nobody who could use it,
// and an attacker at the console would. Its last line tells those who watch the console (machine/console.cpp) that
// nothing more will come.
constexpr std::string_view kEmergencyService = R"([Unit]
Description=Show Why the Boot Stopped
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/systemctl --no-pager --failed list-units
ExecStart=/usr/bin/journalctl --no-pager --output=short-monotonic --priority=warning --lines=40
ExecStart=/usr/bin/systemctl --no-pager show --property=Id emergency.service
StandardOutput=tty
TTYPath=/dev/console
)";

// Only what leads to a disk, instead of all devices: the real root's own coldplug does the rest. Measured under
// emulation, recipes/minimal.yaml on NVMe, counting instructions (QEMU -icount, 2 ns each): udevd's share of the initrd
// falls from 1.39 to 1.29 s by the drop-in below, and to 1.06 s by both; the initrd is over after 9.12 and 8.60 s
// instead of 9.52; a whole boot takes 68 CPU-s of the host instead of 75.
constexpr std::string_view kTriggerDropIn = R"([Service]
ExecStart=
ExecStart=-udevadm trigger --type=devices --action=add --prioritized-subsystem=block --subsystem-match=acpi --subsystem-match=ata_port --subsystem-match=block --subsystem-match=nvme --subsystem-match=nvme-subsystem --subsystem-match=pci --subsystem-match=platform --subsystem-match=scsi --subsystem-match=usb --subsystem-match=virtio --subsystem-match=vmbus --subsystem-match=xen
)";

// journald and udevd run without their sandboxes here: nothing runs in the initrd that they could be protected from,
// and both are started anew, sandboxed, after the switch to the real root.
constexpr std::string_view kSandboxDropIn = R"([Service]
IPAddressDeny=
LockPersonality=no
MemoryDenyWriteExecute=no
ProtectClock=no
ProtectHostname=no
RestrictAddressFamilies=
RestrictNamespaces=no
RestrictRealtime=no
RestrictSUIDSGID=no
SystemCallArchitectures=
SystemCallFilter=
)";

constexpr auto kOwnFiles = std::to_array<OwnFile>({
    {"usr/lib/systemd/system/emergency.service", kEmergencyService},
    {"usr/lib/systemd/system/systemd-udev-trigger.service.d/10-initrd.conf", kTriggerDropIn},
    {"usr/lib/systemd/system/systemd-journald.service.d/10-initrd.conf", kSandboxDropIn},
    {"usr/lib/systemd/system/systemd-udevd.service.d/10-initrd.conf", kSandboxDropIn},
});

}  // namespace

std::span<const std::string_view> required_files() { return kRequiredFiles; }
std::span<const std::string_view> optional_files() { return kOptionalFiles; }
std::span<const std::string_view> verity_files() { return kVerityFiles; }
std::span<const std::string_view> units() { return kUnits; }
std::span<const std::string_view> wants() { return kWants; }
std::span<const std::string_view> modules() { return kModules; }
std::span<const std::string_view> groups() { return kGroups; }

std::span<const OwnFile> own_files() { return kOwnFiles; }

}  // namespace keelson::initrd
