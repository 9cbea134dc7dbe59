// Modes and owners of files.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 23> kRows{{
    {kCis, Subject::File, "/etc/passwd", "0644 root:root", "nobody reads or changes accounts who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/passwd-", "0644 root:root", "nobody reads or changes the accounts before who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/group", "0644 root:root", "nobody reads or changes groups who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/group-", "0644 root:root", "nobody reads or changes the groups before who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/shadow", "0640 root:shadow|root:root", "nobody reads or changes passwords who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/shadow-", "0640 root:shadow|root:root",
     "nobody reads or changes the passwords before who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/gshadow", "0640 root:shadow|root:root",
     "nobody reads or changes passwords of groups who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/gshadow-", "0640 root:shadow|root:root",
     "nobody reads or changes the passwords of groups before who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/shells", "0644 root:root", "nobody reads or changes the list of shells who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/security/opasswd", "0600 root:root",
     "nobody reads or changes used passwords who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/motd", "0644 root:root", "nobody reads or changes the message of the day who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/issue", "0644 root:root", "nobody reads or changes the banner of consoles who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/issue.net", "0644 root:root",
     "nobody reads or changes the banner of the network who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/ssh/sshd_config", "0600 root:root",
     "nobody reads or changes the SSH server's settings who need not", "", Only::PathExists},
    {kCis, Subject::File, "/etc/crontab", "0600 root:root", "nobody reads or changes the table of cron who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/cron.hourly", "0700 root:root", "nobody reads or changes hourly jobs who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/cron.daily", "0700 root:root", "nobody reads or changes daily jobs who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/cron.weekly", "0700 root:root", "nobody reads or changes weekly jobs who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/etc/cron.monthly", "0700 root:root", "nobody reads or changes monthly jobs who need not",
     "", Only::PathExists},
    {kCis, Subject::File, "/etc/cron.d", "0700 root:root", "nobody reads or changes jobs of packages who need not", "",
     Only::PathExists},
    {kCis, Subject::File, "/boot/grub/grub.cfg", "0600 root:root", "nobody reads or changes GRUB's menu who need not",
     "", Only::PathExists},
    {kCis, Subject::Fact, "files.worldWritable", "-",
     "no file, and no folder without the sticky bit, is writable for everybody"},
    {kCis, Subject::Fact, "files.unowned", "-", "every file has an owner and a group"},
}};

}  // namespace

std::span<const Check> file_checks() { return kRows; }

}  // namespace keelson::hardening
