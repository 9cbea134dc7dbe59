// The SSH server, where one runs.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 19> kRows{{
    {kCis, Subject::Ssh, "permitrootlogin", "no", "root does not log in", "", Only::SshRuns},
    {kCis, Subject::Ssh, "permitemptypasswords", "no", "nor anybody with an empty password", "", Only::SshRuns},
    {kCis, Subject::Ssh, "hostbasedauthentication", "no", "no host vouches for its users", "", Only::SshRuns},
    {kCis, Subject::Ssh, "ignorerhosts", "yes", "nor do their files", "", Only::SshRuns},
    {kCis, Subject::Ssh, "permituserenvironment", "no", "users do not set the environment of their logins", "",
     Only::SshRuns},
    {kCis, Subject::Ssh, "disableforwarding", "yes", "nothing is forwarded", "", Only::SshRuns},
    {kCis, Subject::Ssh, "gssapiauthentication", "no", "Kerberos is off", "", Only::SshRuns},
    {kCis, Subject::Ssh, "usepam", "yes", "PAM is asked", "", Only::SshRuns},
    {kCis, Subject::Ssh, "maxauthtries", "<=4", "few tries", "", Only::SshRuns},
    {kCis, Subject::Ssh, "maxsessions", "<=10", "few sessions", "", Only::SshRuns},
    {kCis, Subject::Ssh, "logingracetime", "<=60", "a login that stalls ends", "", Only::SshRuns},
    {kCis, Subject::Ssh, "clientalivecountmax", ">=1", "a connection that is silent ends", "", Only::SshRuns},
    {kCis, Subject::Ssh, "clientaliveinterval", ">=1", "and is looked at", "", Only::SshRuns},
    {kCis, Subject::Ssh, "loglevel", "INFO|VERBOSE", "logins are logged", "", Only::SshRuns},
    {kCis, Subject::Ssh, "banner", "!none", "a banner warns", "", Only::SshRuns},
    {kCis, Subject::Ssh, "restricted", "true", "only named users or groups log in", "", Only::SshRuns},
    {kCis, Subject::Ssh, "weakCiphers", "-", "no weak ciphers", "", Only::SshRuns},
    {kCis, Subject::Ssh, "weakMacs", "-", "no weak codes", "", Only::SshRuns},
    {kCis, Subject::Ssh, "weakKeyExchange", "-", "no weak key exchange", "", Only::SshRuns},
}};

}  // namespace

std::span<const Check> ssh_checks() { return kRows; }

}  // namespace keelson::hardening
