#include "os/fips.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::os {

namespace {

constexpr std::chrono::minutes kPatience{5};  // a fifth of a second, on an idle machine
constexpr ByteCount kLargestConfig = mebibytes(1);
constexpr std::string_view kOpenssl = "usr/bin/openssl";
constexpr std::string_view kOpensslConfig = "etc/ssl/openssl.cnf";
constexpr std::string_view kUnitLink = "usr/lib/systemd/system/multi-user.target.wants/fips-self-test.service";
constexpr std::string_view kNewModuleConfig = "etc/ssl/fipsmodule.cnf.new";
// Last in the file: of a setting that comes twice OpenSSL takes the last. dpkg keeps a configuration file that was
// changed, so that an update of the package does not end the FIPS mode. The first line break is ours, whatever the file
// ended with: taking the block away leaves the file as it was.
constexpr std::string_view kInclude =
    "\n# FIPS mode, as the image's recipe says (os.fips.mode).\n.include /etc/ssl/fips-mode.cnf\n";

Error cannot_enable(std::string_view cause, std::string hint = "") {
  return {ErrorKind::BadInput, fmt::format("cannot set 'os.fips.mode: enabled': {}", cause), std::move(hint)};
}

std::string add_package(std::string_view name) { return fmt::format("add {} to os.packages.install", name); }

// "/usr/lib/x86_64-linux-gnu/ossl-modules/fips.so"; "" when there is none.
std::string find_module(const RootDir& root) {
  for (const char* folder : {"x86_64-linux-gnu", "aarch64-linux-gnu"}) {
    std::string path = fmt::format("/usr/lib/{}/ossl-modules/fips.so", folder);
    if (root.exists(path)) return path;
  }
  return "";
}

void check_kernels(const RootDir& root) {
  constexpr std::string_view kPrefix = "config-";
  for (const auto& name : root.list("boot")) {
    if (!name.starts_with(kPrefix)) continue;
    if (root.read("boot/" + name).find("CONFIG_CRYPTO_FIPS=y\n") == std::string::npos) {
      throw cannot_enable(
          fmt::format("the kernel {} is built without CONFIG_CRYPTO_FIPS", name.substr(kPrefix.size())));
    }
  }
}

std::string openssl_config(const RootDir& root) {
  auto text = root.find_text(kOpensslConfig, kLargestConfig);
  if (!text) throw cannot_enable("the image has no /etc/ssl/openssl.cnf", add_package("openssl"));
  return std::move(*text);
}

std::string without_include(std::string text) {
  if (const auto at = text.find(kInclude); at != std::string::npos) text.erase(at, kInclude.size());
  return text;
}

// config(5): in the section "default", which is also what stands before any, `openssl_conf` names the section that says
// what the library does as it starts.
std::string start_section(std::string_view config) {
  std::string name;
  bool in_default = true;
  for (const auto line : split(config, '\n')) {
    const auto text = trim(line.substr(0, line.find('#')));
    if (text.starts_with('[')) in_default = trim(text.substr(1, text.find(']') - 1)) == "default";
    const auto equals = text.find('=');
    if (!in_default || equals == std::string_view::npos || trim(text.substr(0, equals)) != "openssl_conf") continue;
    name = trim(text.substr(equals + 1));
  }
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!std::all_of(name.begin(), name.end(), is_plain)) {
    throw cannot_enable(fmt::format("/etc/ssl/openssl.cnf names '{}' as its first section (openssl_conf)", name),
                        "a name of letters, digits and '_' can be added to");
  }
  return name.empty() ? "fips_mode" : name;
}

// Sections of the same name add up. The base provider reads and writes keys; it has no algorithms.
std::string mode_config(std::string_view section) {
  return fmt::format(
      "# Only the FIPS provider's algorithms, for every program that uses OpenSSL.\n"
      ".include /{0}\n\n"
      "[default]\nopenssl_conf = {1}\nconfig_diagnostics = 1\n\n"
      "[{1}]\nproviders = fips_mode_providers\nalg_section = fips_mode_algorithms\n\n"
      "[fips_mode_providers]\nfips = fips_sect\nbase = fips_mode_base\n\n"
      "[fips_mode_base]\nactivate = 1\n\n"
      "[fips_mode_algorithms]\ndefault_properties = fips=yes\n",
      kFipsModuleConfig, section);
}

// The first command is the kernel's side: it was started with fips=1, and its own tests passed, or it would have
// stopped. The second loads the provider as any program does, which tests itself, and compares the module's checksum.
std::string self_test_unit(std::string_view module) {
  return fmt::format(
      "[Unit]\nDescription=Self-test of the FIPS mode\nDocumentation=man:fips_module(7ssl)\n\n"
      "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
      "ExecStart=/bin/grep -qx 1 /proc/sys/crypto/fips_enabled\n"
      "ExecStart=/usr/bin/openssl fipsinstall -quiet -verify -in /{} -module {}\n"
      "NoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateNetwork=yes\n"
      "CapabilityBoundingSet=\nRestrictAddressFamilies=AF_UNIX\n",
      kFipsModuleConfig, module);
}

// With OpenSSL's configuration as it is, a module of another checksum is not loaded, and nothing could take its sum.
std::string apt_hook(std::string_view module) {
  return fmt::format(
      "// A new FIPS module of OpenSSL is tested and bound to this machine; until then it is refused.\n"
      "DPkg::Post-Invoke {{ \"test ! -e {0} || {{ OPENSSL_CONF=/dev/null /usr/bin/openssl fipsinstall -quiet -pedantic "
      "-module {0} -out /{1} && mv /{1} /{2}; }}\"; }};\n",
      module, kNewModuleConfig, kFipsModuleConfig);
}

// -pedantic: what the standard no longer allows is refused, not only marked. That the tests run whenever the module is
// loaded is the only way that a module of FIPS 140-3 (OpenSSL 3.1 and newer) has.
std::string install_module(const RootDir& root, const std::string& module, std::int64_t epoch) {
  const auto result =
      run_in_sandbox({.root = root.host_path(),
                      .arguments = {"/usr/bin/openssl", "fipsinstall", "-pedantic", "-module", module, "-out",
                                    fmt::format("/{}", kNewModuleConfig)},
                      .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "OPENSSL_CONF=/dev/null",
                                      fmt::format("SOURCE_DATE_EPOCH={}", epoch)},
                      .standard_input = "",
                      .lazy_root = &root,
                      .timeout = kPatience});
  auto config = root.find_text(kNewModuleConfig, kLargestConfig);
  root.remove(kNewModuleConfig);
  if (result.timed_out)
    throw cannot_enable(fmt::format("openssl fipsinstall did not end within {} minutes", kPatience.count()));
  if (result.exit_code != 0 || !config) {
    throw cannot_enable(fmt::format("the image's openssl fipsinstall ended with exit code {}; its last words were\n{}",
                                    result.exit_code, last_lines(result.output, 15)),
                        "it runs in a sandbox on this machine: the image must be of its architecture, with OpenSSL "
                        "3.2 or newer");
  }
  return std::move(*config);
}

std::string checksum_in(std::string_view config) {
  for (const auto line : split(config, '\n')) {
    if (line.starts_with("module-mac")) return std::string(trim(line));
  }
  return "";
}

void change_file(const RootDir& root, std::string_view path, std::string_view content) {
  const auto before = root.find_text(path, kLargestConfig);
  if (!before || *before != content) rewrite_file(root, path, content);
}

}  // namespace

bool is_fips_enabled(const RootDir& root) { return root.exists(kFipsConfig) && root.exists(kFipsModuleConfig); }

void require_fips(const RootDir& root) {
  if (find_module(root).empty())
    throw cannot_enable("the image has no FIPS provider of OpenSSL (ossl-modules/fips.so)",
                        add_package("openssl-provider-fips"));
  if (!root.exists(kOpenssl)) throw cannot_enable("the image has no /usr/bin/openssl", add_package("openssl"));
  openssl_config(root);
  check_kernels(root);
}

void enable_fips(const RootDir& root, const FipsOptions& options) {
  require_fips(root);
  bind_fips(root, install_module(root, find_module(root), options.epoch), options);
}

void bind_fips(const RootDir& root, std::string_view module_config, const FipsOptions& options) {
  require_fips(root);
  const std::string module = find_module(root);
  const std::string plain = without_include(openssl_config(root));
  const std::string mode = mode_config(start_section(plain));
  const auto bound = root.find_text(kFipsModuleConfig, kLargestConfig);
  if (bound && !options.new_module && checksum_in(*bound) != checksum_in(module_config)) {
    throw cannot_enable(
        fmt::format("{} is not the module whose checksum is in the image's /{}", module, kFipsModuleConfig),
        "somebody changed one of them; to take the module as it is, remove the file with its checksum first");
  }
  change_file(root, kFipsModuleConfig, module_config);
  change_file(root, kFipsConfig, mode);
  change_file(root, kOpensslConfig, plain + std::string(kInclude));
  if (root.exists("usr/lib/systemd/system")) {
    change_file(root, kFipsUnit, self_test_unit(module));
    root.make_folders(parent_of(kUnitLink));
    root.link("../fips-self-test.service", kUnitLink);
  }
  if (root.exists("etc/apt/apt.conf.d")) change_file(root, kFipsAptHook, apt_hook(module));
}

void suspend_fips(const RootDir& root) {
  const auto text = root.find_text(kOpensslConfig, kLargestConfig);
  if (text) change_file(root, kOpensslConfig, without_include(*text));
}

void disable_fips(const RootDir& root) {
  if (!is_fips_enabled(root)) return;
  suspend_fips(root);
  for (const auto path : {kFipsConfig, kFipsModuleConfig, kFipsUnit, kUnitLink, kFipsAptHook}) root.remove(path);
}

}  // namespace keelson::os
