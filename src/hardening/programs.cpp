// Packages and kernel modules that are not there.
#include <array>

#include "hardening/check.h"

namespace keelson::hardening {

namespace {

constexpr Source kCis = Source::Cis;

constexpr std::array<Check, 52> kRows{{
    {kCis, Subject::Package, "autofs", "-", "nothing is mounted by itself"},
    {kCis, Subject::Package, "avahi-daemon", "-", "nothing is announced on the network"},
    {kCis, Subject::Package, "isc-dhcp-server", "-", "the host gives out no addresses"},
    {kCis, Subject::Package, "kea", "-", "nor does Kea"},
    {kCis, Subject::Package, "bind9", "-", "the host answers no names"},
    {kCis, Subject::Package, "dnsmasq", "-", "nor for its neighbours"},
    {kCis, Subject::Package, "vsftpd", "-", "there is no FTP server"},
    {kCis, Subject::Package, "slapd", "-", "there is no LDAP server"},
    {kCis, Subject::Package, "dovecot-imapd", "-", "there is no IMAP server"},
    {kCis, Subject::Package, "dovecot-pop3d", "-", "there is no POP3 server"},
    {kCis, Subject::Package, "exim4-base", "-", "there is no mail server"},
    {kCis, Subject::Package, "postfix", "-", "nor another"},
    {kCis, Subject::Package, "nfs-kernel-server", "-", "there is no NFS server"},
    {kCis, Subject::Package, "ypserv", "-", "there is no NIS server"},
    {kCis, Subject::Package, "cups", "-", "there is no print server"},
    {kCis, Subject::Package, "rpcbind", "-", "there are no RPC services"},
    {kCis, Subject::Package, "rsync", "-", "there is no rsync service"},
    {kCis, Subject::Package, "samba", "-", "there is no SMB server"},
    {kCis, Subject::Package, "snmpd", "-", "there is no SNMP agent"},
    {kCis, Subject::Package, "tftpd-hpa", "-", "there is no TFTP server"},
    {kCis, Subject::Package, "squid", "-", "there is no web proxy"},
    {kCis, Subject::Package, "apache2", "-", "there is no web server"},
    {kCis, Subject::Package, "nginx", "-", "nor another"},
    {kCis, Subject::Package, "xinetd", "-", "no service is started by xinetd"},
    {kCis, Subject::Package, "xserver-common", "-", "there is no display"},
    {kCis, Subject::Package, "nis", "-", "there is no NIS client"},
    {kCis, Subject::Package, "rsh-client", "-", "there is no rsh client"},
    {kCis, Subject::Package, "talk", "-", "there is no talk client"},
    {kCis, Subject::Package, "telnet", "-", "there is no telnet client"},
    {kCis, Subject::Package, "inetutils-telnet", "-", "nor another"},
    {kCis, Subject::Package, "ldap-utils", "-", "there is no LDAP client"},
    {kCis, Subject::Package, "ftp", "-", "there is no FTP client"},
    {kCis, Subject::Package, "tnftp", "-", "nor another"},
    {kCis, Subject::Package, "prelink", "-", "programs are not changed after they were installed"},
    {kCis, Subject::Package, "apport", "-", "no error reports are sent"},
    {kCis, Subject::Fact, "time.service", "+", "something keeps the clock right"},
    {kCis, Subject::Package, "nftables", "+", "there is a packet filter"},
    {kCis, Subject::Fact, "network.exposed", "-",
     "incoming traffic is dropped, or there is nothing that it could reach"},
    {kCis, Subject::Fact, "security.confinement", "selinux|apparmor", "a security module confines programs"},
    {kCis, Subject::Module, "cramfs", "-|blocked", "file systems of kind cramfs cannot be mounted"},
    {kCis, Subject::Module, "freevxfs", "-|blocked", "file systems of kind freevxfs cannot be mounted"},
    {kCis, Subject::Module, "hfs", "-|blocked", "file systems of kind HFS cannot be mounted"},
    {kCis, Subject::Module, "hfsplus", "-|blocked", "file systems of kind HFS+ cannot be mounted"},
    {kCis, Subject::Module, "jffs2", "-|blocked", "file systems of kind JFFS2 cannot be mounted"},
    {kCis, Subject::Module, "squashfs", "-|blocked", "file systems of kind squashfs cannot be mounted"},
    {kCis, Subject::Module, "udf", "-|blocked", "file systems of kind UDF cannot be mounted"},
    {kCis, Subject::Module, "overlay", "-|blocked", "file systems of kind overlay cannot be mounted", "", Only::Always,
     "containers are made of it"},
    {kCis, Subject::Module, "usb-storage", "-|blocked", "USB storage is not read"},
    {kCis, Subject::Module, "dccp", "-|blocked", "the protocol DCCP is not spoken"},
    {kCis, Subject::Module, "tipc", "-|blocked", "the protocol TIPC is not spoken"},
    {kCis, Subject::Module, "rds", "-|blocked", "the protocol RDS is not spoken"},
    {kCis, Subject::Module, "sctp", "-|blocked", "the protocol SCTP is not spoken"},
}};

}  // namespace

std::span<const Check> program_checks() { return kRows; }

}  // namespace keelson::hardening
