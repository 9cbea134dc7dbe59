// What is mounted where, and how.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 21> kRows{{
    {kCis, Subject::Mount, "/tmp", "set", "/tmp is a file system of its own"},
    {kCis, Subject::Mount, "/tmp nodev", "set", "devices on /tmp are only files"},
    {kCis, Subject::Mount, "/tmp nosuid", "set", "programs on /tmp give nobody further rights"},
    {kCis, Subject::Mount, "/tmp noexec", "set", "no program on /tmp is run"},
    {kCis, Subject::Mount, "/dev/shm", "set", "/dev/shm is a file system of its own"},
    {kCis, Subject::Mount, "/dev/shm nodev", "set", "devices on /dev/shm are only files"},
    {kCis, Subject::Mount, "/dev/shm nosuid", "set", "programs on /dev/shm give nobody further rights"},
    {kCis, Subject::Mount, "/dev/shm noexec", "set", "no program on /dev/shm is run"},
    {kCis, Subject::Mount, "/home nodev", "set", "devices on /home are only files", "", Only::MountExists},
    {kCis, Subject::Mount, "/home nosuid", "set", "programs on /home give nobody further rights", "",
     Only::MountExists},
    {kCis, Subject::Mount, "/var nodev", "set", "devices on /var are only files", "", Only::MountExists},
    {kCis, Subject::Mount, "/var nosuid", "set", "programs on /var give nobody further rights", "", Only::MountExists},
    {kCis, Subject::Mount, "/var/tmp nodev", "set", "devices on /var/tmp are only files", "", Only::MountExists},
    {kCis, Subject::Mount, "/var/tmp nosuid", "set", "programs on /var/tmp give nobody further rights", "",
     Only::MountExists},
    {kCis, Subject::Mount, "/var/tmp noexec", "set", "no program on /var/tmp is run", "", Only::MountExists},
    {kCis, Subject::Mount, "/var/log nodev", "set", "devices on /var/log are only files", "", Only::MountExists},
    {kCis, Subject::Mount, "/var/log nosuid", "set", "programs on /var/log give nobody further rights", "",
     Only::MountExists},
    {kCis, Subject::Mount, "/var/log noexec", "set", "no program on /var/log is run", "", Only::MountExists},
    {kCis, Subject::Mount, "/var/log/audit nodev", "set", "devices on /var/log/audit are only files", "",
     Only::MountExists},
    {kCis, Subject::Mount, "/var/log/audit nosuid", "set", "programs on /var/log/audit give nobody further rights", "",
     Only::MountExists},
    {kCis, Subject::Mount, "/var/log/audit noexec", "set", "no program on /var/log/audit is run", "",
     Only::MountExists},
}};

}  // namespace

std::span<const Check> mount_checks() { return kRows; }

}  // namespace keelson::hardening
