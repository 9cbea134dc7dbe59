#include "packages/deb/install/configure.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"
#include "packages/deb/install/script_runner.h"
#include "packages/deb/install/shortcuts.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kScriptFile = "var/lib/dpkg/keelson-preinst";

// One shell script that runs all of them: a process less per package, and one sandbox in all.
std::string preinst_script(const std::vector<UnpackedPackage>& packages) {
  std::string text =
      "set -e\nexport DPKG_MAINTSCRIPT_NAME=preinst DPKG_ROOT= DPKG_ADMINDIR=/var/lib/dpkg DPKG_RUNNING_VERSION=1.22\n";
  for (const auto& package : packages) {
    if (!package.control.contains("preinst")) continue;
    const std::string qualified = package.multi_arch_same ? package.name + ":" + package.architecture : package.name;
    text += fmt::format(
        "KEELSON_AT={0}; DPKG_MAINTSCRIPT_PACKAGE={1} DPKG_MAINTSCRIPT_ARCH={2} DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 "
        "/var/lib/dpkg/info/{0}.preinst install || {{ echo \"dpkg: error processing package {1}: preinst ended with "
        "$?\"; exit 1; }}\n",
        qualified, package.name, package.architecture);
  }
  return text;
}

}  // namespace

bool needs_dpkg_unpack(const std::map<std::string, std::string>& control) {
  const auto preinst = control.find("preinst");
  if (preinst == control.end() || preinst->second.find("dpkg-divert") == std::string::npos) return false;
  // --no-rename only writes the database, which is as good afterwards.
  for (const auto line : split(preinst->second, '\n')) {
    if (line.find("dpkg-divert") != std::string_view::npos && line.find("--rename") != std::string_view::npos &&
        line.find("--remove") == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

void configure_packages(const RootDir& root, const std::vector<UnpackedPackage>& packages,
                        const std::vector<std::filesystem::path>& by_dpkg, const ConfigureOptions& options,
                        Reporter& reporter) {
  const Step step(reporter, "configuring packages", packages.size() + by_dpkg.size());
  const ScriptRunner runner(root, {.epoch = options.epoch,
                                   .timeout = options.timeout,
                                   // kernel-img-conf(5): Keelson builds the initrd itself
                                   .environment = {"UCF_FORCE_CONFFNEW=1", "INITRD=No"}});
  const TemporaryFile policy(root, kServicePolicyFile, kServicePolicy);
  {
    const TemporaryFile script(root, kScriptFile, preinst_script(packages));
    runner.run({"/bin/sh", "/" + std::string(kScriptFile)}, "prepare packages");
  }
  if (!by_dpkg.empty()) {
    TemporaryFiles places(root);
    std::vector<std::string> arguments{"/usr/bin/dpkg", "--unpack", "--force-unsafe-io", "--force-depends",
                                       "--log=/dev/null"};
    std::vector<std::pair<std::filesystem::path, std::string>> binds;
    for (const auto& deb : by_dpkg) {
      const std::string place = places.add("");
      binds.emplace_back(deb, place);
      arguments.push_back("/" + place);
    }
    runner.run(std::move(arguments), "unpack packages", binds);
  }
  TemporaryFiles files(root);
  std::vector<std::pair<std::filesystem::path, std::string>> stand_ins;
  if (options.shortcuts) {
    auto scripts = find_shortcuts(root);
    if (!options.deferred_selinux_policy.empty()) {
      auto more = defer_selinux_policy(root, options.deferred_selinux_policy);
      std::move(more.begin(), more.end(), std::back_inserter(scripts));
    }
    for (const auto& script : scripts)
      stand_ins.emplace_back(root.host_path() / files.add(script.content), script.path);
    for (const auto& path : placeholder_files(root)) files.add_at(path, "");
  }
  runner.run({"/usr/bin/dpkg", "--configure", "-a", "--force-unsafe-io", "--force-confnew", "--log=/dev/null"},
             "configure packages", stand_ins);
}

}  // namespace keelson::deb
