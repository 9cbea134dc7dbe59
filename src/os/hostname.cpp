#include "os/hostname.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kHosts =
    "127.0.0.1 localhost\n"
    "::1 localhost ip6-localhost ip6-loopback\n";

bool is_label(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
         std::all_of(label.begin(), label.end(), allowed);
}

void check_hostname(std::string_view hostname) {
  const auto labels = split(hostname, '.');
  if (hostname.size() <= 64 && std::all_of(labels.begin(), labels.end(), is_label)) return;
  throw Error(ErrorKind::BadInput, fmt::format("cannot set hostname '{}': it is no host name", hostname),
              "letters, digits and '-', parts joined by '.', at most 64 characters");
}

}  // namespace

void apply_hostname(const RootDir& root, std::string_view hostname) {
  if (hostname.empty()) return;
  with_context("setting 'os.hostname'", [&] {
    check_hostname(hostname);
    rewrite_file(root, "/etc/hostname", std::string(hostname) + "\n");
  });
}

void provide_hosts_file(const RootDir& root) {
  if (!root.status("/etc/hosts")) rewrite_file(root, "/etc/hosts", kHosts);
}

}  // namespace keelson::os
