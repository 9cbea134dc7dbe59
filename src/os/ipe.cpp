#include "os/ipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace keelson::os {

namespace {

constexpr std::string_view kFolder = "usr/lib/ipe";
constexpr std::size_t kLongestName = 200;
constexpr std::string_view kKernelConfig = "config-";
constexpr std::string_view kManager = "libsystemd-core-";  // PID 1's own library: libsystemd-core-257.so
constexpr int kFirstWithIpe = 257;

// boot_verified is the initrd, which the signed unified kernel image holds.
constexpr std::string_view kPolicy = R"(policy_name=keelson policy_version=1.0.0
DEFAULT action=DENY
op=EXECUTE boot_verified=TRUE action=ALLOW
op=EXECUTE dmverity_signature=TRUE action=ALLOW
op=KMODULE boot_verified=TRUE action=ALLOW
op=KMODULE dmverity_signature=TRUE action=ALLOW
op=FIRMWARE boot_verified=TRUE action=ALLOW
op=FIRMWARE dmverity_signature=TRUE action=ALLOW
)";

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }

}  // namespace

std::string_view default_ipe_policy() { return kPolicy; }

std::string require_ipe_policy_name(std::string_view policy, std::string_view file) {
  constexpr std::string_view kKey = "policy_name=";
  const std::string_view line = policy.substr(0, policy.find('\n'));
  for (const auto word : split_words(line)) {
    if (!word.starts_with(kKey)) continue;
    const std::string_view name = word.substr(kKey.size());
    if (!name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), is_name_character))
      return std::string(name);
  }
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot use IPE policy '{}': its first line gives it no name of letters, digits, '-' and '_'", file),
      "policy_name=NAME policy_version=1.0.0");
}

void check_loads_ipe_policies(const RootDir& root) {
  const auto refuse = [](const std::string& what, const char* hint) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot apply 'os.ipe': {}", what), hint);
  };
  for (const auto& name : root.list("boot")) {
    if (!name.starts_with(kKernelConfig)) continue;
    const std::string text = root.find_text("boot/" + name).value_or("");
    const auto lines = split(text, '\n');
    if (std::find(lines.begin(), lines.end(), "CONFIG_SECURITY_IPE=y") == lines.end())
      refuse(fmt::format("the kernel {} is built without it", name.substr(kKernelConfig.size())),
             "Linux 6.12 or later has it");
  }
  for (const char* folder : {"usr/lib/systemd", "usr/lib64/systemd", "usr/lib/x86_64-linux-gnu/systemd",
                             "usr/lib/aarch64-linux-gnu/systemd"}) {
    for (const auto& name : root.list(folder)) {
      if (!name.starts_with(kManager)) continue;
      int version = 0;
      std::from_chars(name.data() + kManager.size(), name.data() + name.size(), version);
      if (version > 0 && version < kFirstWithIpe)
        refuse(fmt::format("systemd {} loads no policies", version), "systemd 257 or later does");
    }
  }
}

void install_ipe_policy(const RootDir& root, std::string_view name, ByteView signed_policy) {
  root.make_folders(kFolder);
  root.write(fmt::format("{}/{}.p7b", kFolder, name), as_text(signed_policy));
}

}  // namespace keelson::os
