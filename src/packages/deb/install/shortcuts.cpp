#include "packages/deb/install/shortcuts.h"

#include <fmt/format.h>

namespace keelson::deb {

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// ca-certificates, update-ca-certificates(8): about 150 certificates, and for each of them five processes, twice.
// The first run (from the postinst, without hooks) is done again, hooks included, by the trigger that the postinst
// activates right after it; and one Perl process does what the five did.
constexpr std::string_view kAddFunction = R"SH(add() {
  CERT="$1"
  PEM="$ETCCERTSDIR/$(basename "$CERT" .crt | sed -e 's/ /_/g' \
                                                  -e 's/[()]/=/g' \
                                                  -e 's/,/_/g').pem"
  if ! test -e "$PEM" || [ "$(readlink "$PEM")" != "$CERT" ]
  then
    ln -sf "$CERT" "$PEM"
    echo "+$PEM" >> "$ADDED"
  fi
  # Add trailing newline to certificate, if it is missing (#635570)
  sed -e '$a\' "$CERT" >> "$TEMPBUNDLE"
}
)SH";
constexpr std::string_view kQuickAddFunction = R"SH(add() {
  echo "$1" >> "$ADDED.list"
}
)SH";
constexpr std::string_view kCount = R"SH(ADDED_CNT=$(wc -l < "$ADDED")
)SH";
constexpr std::string_view kQuickCount = R"SH([ ! -f "$ADDED.list" ] || perl -e '
  my ($folder, $bundle, $added, $list) = @ARGV;
  open(my $certificates, "<", $list) or die; open(my $out, ">>", $bundle) or die; open(my $names, ">>", $added) or die;
  while (my $path = <$certificates>) {
    chomp $path;
    (my $name = $path) =~ s{.*/}{};
    $name =~ s/\.crt\z//; $name =~ s/ /_/g; $name =~ s/[()]/=/g; $name =~ s/,/_/g;
    my $pem = "$folder/$name.pem";
    if (!-e $pem || (readlink($pem) // "") ne $path) {
      unlink $pem; symlink($path, $pem) or die; print $names "+$pem\n";
    }
    open(my $in, "<", $path) or die;
    my $text = do { local $/; <$in> };
    $text .= "\n" if length($text) && $text !~ /\n\z/;
    print $out $text;
  }' "$ETCCERTSDIR" "$TEMPBUNDLE" "$ADDED" "$ADDED.list"
rm -f "$ADDED.list"
ADDED_CNT=$(wc -l < "$ADDED")
)SH";
constexpr std::string_view kArguments = R"SH(while [ $# -gt 0 ];
do
  case $1 in
    --verbose|-v))SH";
constexpr std::string_view kQuickArguments = R"SH([ "$#" != 2 ] || [ "$1" != --hooksdir ] || [ -n "$2" ] || exit 0
while [ $# -gt 0 ];
do
  case $1 in
    --verbose|-v))SH";

// The package's debconf script asks of each certificate whether it is in two lists, by two pipelines.
constexpr std::string_view kDisabled =
    R"SH(   if (echo "$CERTS_DISABLED" | grep -F -q -x "$crt") > /dev/null 2>&1; then)SH";
constexpr std::string_view kQuickDisabled = R"SH(   if is_line "$crt" "$CERTS_DISABLED"; then)SH";
constexpr std::string_view kTrusted =
    R"SH(   elif (echo "$CERTS_TRUST" | grep -F -q -x "$crt") > /dev/null 2>&1; then)SH";
constexpr std::string_view kQuickTrusted = R"SH(   elif is_line "$crt" "$CERTS_TRUST"; then)SH";
constexpr std::string_view kAction = "action=\"$1\"\n";
constexpr std::string_view kQuickAction = R"SH(action="$1"
is_line() {
  case "
$2
" in
    *"
$1
"*) return 0 ;;
  esac
  return 1
}
)SH";

// selinux-policy-default and -mls.
constexpr std::string_view kCompile =
    "\tsemodule -X $priority $noreload -s $flavour $to_remove $to_install $to_disable || ret=$?\n";

struct Shortcut {
  std::string_view path;
  Pairs pairs;
};

const std::vector<Shortcut>& shortcuts() {
  static const std::vector<Shortcut> kShortcuts{
      {"usr/sbin/update-ca-certificates",
       {{kArguments, kQuickArguments}, {kAddFunction, kQuickAddFunction}, {kCount, kQuickCount}}},
      {"var/lib/dpkg/info/ca-certificates.config",
       {{kAction, kQuickAction}, {kDisabled, kQuickDisabled}, {kTrusted, kQuickTrusted}}}};
  return kShortcuts;
}

}  // namespace

std::optional<std::string> replace_all_once(std::string text, const Pairs& pairs) {
  for (const auto& [from, to] : pairs) {
    const auto at = text.find(from);
    if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) return std::nullopt;
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<StandIn> find_shortcuts(const RootDir& root) {
  std::vector<StandIn> found;
  for (const auto& shortcut : shortcuts()) {
    const auto text = root.find_text(shortcut.path, mebibytes(1));
    if (!text) continue;
    if (auto quick = replace_all_once(*text, shortcut.pairs))
      found.push_back({std::string(shortcut.path), std::move(*quick)});
  }
  return found;
}

std::vector<StandIn> defer_selinux_policy(const RootDir& root, std::string_view file) {
  const std::string deferred = fmt::format(
      "\tmkdir -p /var/lib/selinux\n\tprintf '%s\\n' -X $priority -n -s $flavour $to_remove $to_install $to_disable > "
      "/{} || ret=$?\n",
      file);
  std::vector<StandIn> found;
  for (const std::string_view policy : {"default", "mls"}) {
    std::string path = fmt::format("var/lib/dpkg/info/selinux-policy-{}.postinst", policy);
    const auto text = root.find_text(path, mebibytes(1));
    if (!text) continue;
    if (auto quick = replace_all_once(*text, {{kCompile, deferred}}))
      found.push_back({std::move(path), std::move(*quick)});
  }
  return found;
}

std::vector<std::string> placeholder_files(const RootDir& root) {
  std::vector<std::string> files;
  if (!root.exists("usr/sbin/sshd")) return files;
  for (const std::string_view kind : {"rsa", "ecdsa", "ed25519"})
    files.push_back("etc/ssh/ssh_host_" + std::string(kind) + "_key");
  return files;
}

}  // namespace keelson::deb
