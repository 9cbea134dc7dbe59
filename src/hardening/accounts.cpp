// Accounts, passwords, core dumps, the journal.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 22> kRows{{
    {kCis, Subject::Fact, "accounts.emptyPasswords", "-", "no account has an empty password"},
    {kCis, Subject::Fact, "accounts.unshadowed", "-", "passwords are not in the file that everybody reads"},
    {kCis, Subject::Fact, "accounts.superusers", "root", "only root is root"},
    {kCis, Subject::Fact, "accounts.rootGroup", "root", "only root has root's group as its own"},
    {kCis, Subject::Fact, "accounts.unknownGroups", "-", "the group of each account exists"},
    {kCis, Subject::Fact, "accounts.shadowMembers", "-", "nobody is in the group shadow"},
    {kCis, Subject::Fact, "accounts.duplicateIds", "-", "no two accounts share a number"},
    {kCis, Subject::Fact, "accounts.duplicateGroupIds", "-", "no two groups share a number"},
    {kCis, Subject::Fact, "accounts.duplicateNames", "-", "no two accounts share a name"},
    {kCis, Subject::Fact, "accounts.duplicateGroupNames", "-", "no two groups share a name"},
    {kCis, Subject::Fact, "accounts.systemShells", "-", "accounts of the system have no shell"},
    {kCis, Subject::Fact, "accounts.openSystemAccounts", "-", "accounts of the system have no password"},
    {kCis, Subject::Fact, "accounts.umask", "027|077", "new files are closed to others"},
    {kCis, Subject::Fact, "accounts.hash", "yescrypt|YESCRYPT|sha512|SHA512", "passwords are kept by a strong hash"},
    {kCis, Subject::Fact, "accounts.maximumDays", "<=365", "passwords expire", "", Only::HasPasswords},
    {kCis, Subject::Fact, "accounts.warningDays", ">=7", "and say so a week before", "", Only::HasPasswords},
    {kCis, Subject::Fact, "accounts.suRestricted", "true", "only members of one group become others by su"},
    {kCis, Subject::Fact, "accounts.shellTimeout", "<=900", "a shell that nobody uses ends", "", Only::HasPasswords},
    {kCis, Subject::Fact, "banners.revealing", "-", "banners do not tell what the system is"},
    {kCis, Subject::Fact, "coreDumps.hardLimit", "0", "programs leave no core dumps"},
    {kCis, Subject::Fact, "coreDumps.stored", "false", "and nothing collects them"},
    {kCis, Subject::Fact, "journal.stored", "persistent", "the journal outlives a restart"},
}};

}  // namespace

std::span<const Check> account_checks() { return kRows; }

}  // namespace keelson::hardening
