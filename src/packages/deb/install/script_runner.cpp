#include "packages/deb/install/script_runner.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::deb {

namespace {

std::vector<std::string> script_environment(const ScriptOptions& options) {
  std::vector<std::string> all{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "HOME=/root",
                               "LANG=C.UTF-8",
                               "LC_ALL=C.UTF-8",
                               "TERM=dumb",
                               "TZ=UTC",
                               "DEBIAN_FRONTEND=noninteractive",
                               "DEBCONF_NONINTERACTIVE_SEEN=true",
                               "DEBCONF_NOWARNINGS=yes",
                               "SYSTEMD_OFFLINE=1",
                               "PERL_HASH_SEED=0",  // so that databases written by Perl come out in one order
                               "PYTHONHASHSEED=0",
                               fmt::format("SOURCE_DATE_EPOCH={}", options.epoch)};
  all.insert(all.end(), options.environment.begin(), options.environment.end());
  return all;
}

// What the failed script said stands before dpkg's own word on it; dpkg then goes on with other packages.
std::string_view said_by_failure(std::string_view output) {
  const auto at = output.find("error processing ");
  if (at == std::string_view::npos) return output;
  auto end = output.find('\n', at);                                     // the end of dpkg's line …
  if (end != std::string_view::npos) end = output.find('\n', end + 1);  // … and of the next, with the exit status
  return output.substr(0, end);
}

}  // namespace

TemporaryFile::TemporaryFile(const RootDir& root, std::string_view path, std::string_view content)
    : root_(root), path_(path), existed_(root.exists(path)) {
  if (!existed_) root_.write(path_, content, 0755);
}

TemporaryFile::~TemporaryFile() {
  try {
    if (!existed_) root_.remove(path_);
  } catch (const Error&) {  // the root itself is being thrown away then
  }
}

std::string TemporaryFiles::add(std::string_view content) {
  const std::string path = fmt::format("var/lib/dpkg/keelson-{}", files_.size());
  add_at(path, content);
  return path;
}

void TemporaryFiles::add_at(const std::string& path, std::string_view content) {
  files_.push_back(std::make_unique<TemporaryFile>(root_, path, content));
}

// dpkg says "dpkg: error processing package NAME (--configure):", and of a .deb that it unpacks
// "dpkg: error processing archive /folder/NAME_VERSION.deb (--unpack):".
std::string failed_package(std::string_view output) {
  constexpr std::string_view kPackage = "error processing package ";
  constexpr std::string_view kArchive = "error processing archive ";
  if (const auto at = output.find(kPackage); at != std::string_view::npos) {
    const auto rest = output.substr(at + kPackage.size());
    return std::string(rest.substr(0, rest.find_first_of(" :\n")));
  }
  if (const auto at = output.find(kArchive); at != std::string_view::npos) {
    auto path = output.substr(at + kArchive.size());
    path = path.substr(0, path.find_first_of(" \n"));
    const auto underscore = path.rfind('_');
    if (underscore != std::string_view::npos)
      return std::string(path.substr(0, underscore).substr(path.rfind('/') + 1));
  }
  return "";
}

void ScriptRunner::run(std::vector<std::string> arguments, std::string_view doing, const ScriptBinds& binds) const {
  const auto result = run_in_sandbox({.root = root_.host_path(),
                                      .arguments = std::move(arguments),
                                      .environment = script_environment(options_),
                                      .lazy_root = &root_,
                                      .read_only_binds = binds,
                                      .timeout = options_.timeout});
  if (result.timed_out) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot {}: it did not end within {}; its last words were\n{}", doing,
                    human_duration(options_.timeout), last_lines(result.output, 15)),
        "a script may be waiting for input or for a service, and neither exists in a build; give one that needs "
        "longer more time by --script-timeout");
  }
  if (result.exit_code == 0) return;
  const std::string package = failed_package(result.output);
  const std::string what =
      package.empty() ? std::string(doing) : fmt::format("{} package '{}'", doing.substr(0, doing.find(' ')), package);
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot {}: exit code {}; its last words were\n{}", what, result.exit_code,
                          last_lines(said_by_failure(result.output), 15)),
              package.empty()
                  ? "it ran in a sandbox, which has no network, no services and no devices"
                  : "the package's maintainer script failed in the sandbox, which has no network, no services and no "
                    "devices");
}

}  // namespace keelson::deb
