#include "packages/deb/install/configure.h"

#include <fmt/format.h>

#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/install/shortcuts.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::deb {

namespace {

constexpr std::string_view kPolicyFile = "usr/sbin/policy-rc.d";
constexpr std::string_view kScriptFile = "var/lib/dpkg/keelson-preinst";

std::vector<std::string> script_environment(std::int64_t epoch) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOME=/root",
          "LANG=C.UTF-8",
          "LC_ALL=C.UTF-8",
          "TERM=dumb",
          "TZ=UTC",
          "DEBIAN_FRONTEND=noninteractive",
          "DEBCONF_NONINTERACTIVE_SEEN=true",
          "DEBCONF_NOWARNINGS=yes",
          "UCF_FORCE_CONFFNEW=1",
          "INITRD=No",  // kernel-img-conf(5): Keelson builds the initrd itself
          "SYSTEMD_OFFLINE=1",
          "PERL_HASH_SEED=0",  // so that databases written by Perl come out in one order
          "PYTHONHASHSEED=0",
          fmt::format("SOURCE_DATE_EPOCH={}", epoch)};
}

// A file that exists in the image only while the sandbox runs.
class TemporaryFile {
 public:
  TemporaryFile(const RootDir& root, std::string_view path, std::string_view content)
      : root_(root), path_(path), existed_(root.exists(path)) {
    if (!existed_) root_.write(path_, content, 0755);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    try {
      if (!existed_) root_.remove(path_);
    } catch (const Error&) {  // the root itself is being thrown away then
    }
  }

 private:
  const RootDir& root_;
  std::string path_;
  bool existed_;
};

// Several of them, with names of their own or given ones.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(const RootDir& root) : root_(root) {}
  std::string add(std::string_view content) {
    const std::string path = fmt::format("var/lib/dpkg/keelson-{}", files_.size());
    add_at(path, content);
    return path;
  }
  void add_at(const std::string& path, std::string_view content) {
    files_.push_back(std::make_unique<TemporaryFile>(root_, path, content));
  }

 private:
  const RootDir& root_;
  std::vector<std::unique_ptr<TemporaryFile>> files_;
};

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

// dpkg says "dpkg: error processing package NAME (--configure):".
std::string failed_package(std::string_view output) {
  constexpr std::string_view kMark = "error processing package ";
  const auto at = output.find(kMark);
  if (at == std::string_view::npos) return "";
  const auto rest = output.substr(at + kMark.size());
  return std::string(rest.substr(0, rest.find_first_of(" :\n")));
}

// What the failed script said stands before dpkg's own word on it; dpkg then goes on with other packages.
std::string_view said_by_failure(std::string_view output) {
  const auto at = output.find("error processing package ");
  if (at == std::string_view::npos) return output;
  auto end = output.find('\n', at);                                     // the end of dpkg's line …
  if (end != std::string_view::npos) end = output.find('\n', end + 1);  // … and of the next, with the exit status
  return output.substr(0, end);
}

class Runner {
 public:
  Runner(const RootDir& root, const ConfigureOptions& options) : root_(root), options_(options) {}

  void run(std::vector<std::string> arguments, std::string_view doing,
           const std::vector<std::pair<std::filesystem::path, std::string>>& binds = {}) const {
    const auto result = run_in_sandbox({.root = root_.host_path(),
                                        .arguments = std::move(arguments),
                                        .environment = script_environment(options_.epoch),
                                        .read_only_binds = binds,
                                        .timeout = options_.timeout});
    if (result.timed_out) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot {} packages: a maintainer script did not end within {} s; it said last\n{}",
                              doing, options_.timeout.count(), last_lines(result.output, 15)),
                  "a script may be waiting for input or for a service, and neither exists in a build");
    }
    if (result.exit_code == 0) return;
    const std::string package = failed_package(result.output);
    const std::string what = package.empty() ? "packages" : fmt::format("package '{}'", package);
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot {} {}: exit code {}; its last words were\n{}", doing, what, result.exit_code,
                    last_lines(said_by_failure(result.output), 15)),
        "the package's maintainer script failed in the sandbox, which has no network, no services and no devices");
  }

 private:
  const RootDir& root_;
  const ConfigureOptions& options_;
};

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
  const Runner runner(root, options);
  // invoke-rc.d(8): 101 forbids every action.
  const TemporaryFile policy(root, kPolicyFile, "#!/bin/sh\nexit 101\n");
  {
    const TemporaryFile script(root, kScriptFile, preinst_script(packages));
    runner.run({"/bin/sh", "/" + std::string(kScriptFile)}, "prepare");
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
    runner.run(std::move(arguments), "unpack", binds);
  }
  TemporaryFiles files(root);
  std::vector<std::pair<std::filesystem::path, std::string>> stand_ins;
  if (options.shortcuts) {
    for (const auto& script : find_shortcuts(root))
      stand_ins.emplace_back(root.host_path() / files.add(script.content), script.path);
    for (const auto& path : placeholder_files(root)) files.add_at(path, "");
  }
  runner.run({"/usr/bin/dpkg", "--configure", "-a", "--force-unsafe-io", "--force-confnew", "--log=/dev/null"},
             "configure", stand_ins);
}

}  // namespace keelson::deb
