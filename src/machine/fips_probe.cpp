#include "machine/fips_probe.h"

namespace keelson::machine {

namespace {

// OpenSSL, by its own program: what it refuses and what it does as every program gets it. With OPENSSL_CONF=/dev/null
// it is as if there were no FIPS mode: that makes the short key, and reads independently what was encrypted. Each
// process in FIPS mode tests the module anew, which takes 0.1 s, and some three under emulation.
//
// The kernel, through sockets of the family AF_ALG (38; linux/if_alg.h, Documentation/crypto/userspace-if.rst): nothing
// of a small Debian speaks them, but Perl has the system calls, and perl-base is in every Debian that was not stripped
// of it. accept and sendmsg are called by number: Perl's own accept wants an address, which this family does not have.
// SHA-256 comes first: where that is not to be had, nobody was asked (no AF_ALG, or its modules may not be loaded), and
// nothing is said. The expected results are MD5's of "abc" (RFC 1321, A.5) and test case 2 of GCM's specification.
constexpr std::string_view kProbe = R"SH(
openssl_tries() { name=$1; shift; openssl "$@" >/dev/null 2>&1 </dev/null 3>&-; echo "$name $?"; }
openssl_probe() {
  openssl_tries md5 md5
  openssl_tries rsa1024-generate genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024
  OPENSSL_CONF=/dev/null openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out $work/short 2>/dev/null
  if [ -s $work/short ]; then openssl_tries rsa1024-sign dgst -sha256 -sign $work/short; fi
  key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
  echo probe | openssl cms -encrypt -binary -aes-256-gcm -secretkey $key -secretkeyid 01 -outform DER -out $work/gcm 2>/dev/null
  read=$(OPENSSL_CONF=/dev/null openssl cms -decrypt -binary -secretkey $key -secretkeyid 01 -inform DER -in $work/gcm 2>/dev/null)
  [ "$read" = probe ]; echo "aes-gcm $?"
}
kernel_probe() { timeout 120 perl -e '
  my ($accept, $sendmsg) = `uname -m` =~ /^aarch64/ ? (202, 211) : (43, 46);
  sub start { my ($type, $name, $key) = @_; my $algorithm;
    socket($algorithm, 38, 5, 0) && bind($algorithm, pack("S a14 L L a64", 38, $type, 0, 0, $name)) || return;
    if ($key) { setsockopt($algorithm, 279, 1, $key) && setsockopt($algorithm, 279, 5, "0" x 16) || return }
    my ($fd, $operation) = syscall($accept, fileno $algorithm, 0, 0);
    open($operation, "+<&=", $fd) ? $operation : undef }
  sub tell_result { my ($name, $operation, $right) = @_; my $got = "";
    sysread($operation, $got, length($right) / 2) if $operation;
    print "$name ", !$operation ? "refused" : unpack("H*", $got) eq $right ? "works" : "wrong", "\n" }
  start("hash", "sha256") || exit;
  my $md5 = start("hash", "md5"); syswrite($md5, "abc") if $md5;
  tell_result("md5", $md5, "900150983cd24fb0d6963f7d28e17f72");
  my $gcm = start("aead", "gcm(aes)", "\0" x 16);
  if ($gcm) { my $text = "\0" x 16; my $vector = pack("P Q", $text, 16);
    my $control = pack("Q l l L x4 Q l l L a12 Q l l L x4", 20, 279, 3, 1, 32, 279, 2, 12, "", 20, 279, 4, 0);
    my $message = pack("Q L x4 P Q P Q l x4", 0, 0, $vector, 1, $control, length $control, 0);
    syscall($sendmsg, fileno $gcm, $message, 0) }
  tell_result("aes-gcm", $gcm, "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf")' 2>/dev/null 3>&-
}
fips_probe() {
  if command -v openssl >/dev/null; then
    put fips-providers "$(openssl list -providers 2>/dev/null 3>&-)"
    put fips-openssl "$(openssl_probe)"
  fi
  if command -v perl >/dev/null; then put fips-kernel "$(kernel_probe)"; fi
}
)SH";

}  // namespace

std::string_view fips_probe() { return kProbe; }

}  // namespace keelson::machine
