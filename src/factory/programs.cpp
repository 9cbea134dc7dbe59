#include "factory/programs.h"

#include <fmt/format.h>

#include <optional>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::factory {

namespace {

constexpr std::string_view kConfigurations = "_imageconfigs";  // Image Customizer's name for it
constexpr std::string_view kScript = "keelson-script";

std::string name_of(const recipe::Script& script, std::size_t index) {
  if (!script.name.empty()) return script.name;
  return script.path.empty() ? fmt::format("script {}", index + 1) : script.path.filename().native();
}

/// A folder of the image that exists only while a script runs.
class MountPoint {
 public:
  MountPoint(const RootDir& root, std::string_view path) : root_(root), path_(path) {
    if (root.status(path_)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot run scripts: the image has a /{} of its own", path_),
                  "Keelson shows the recipe's folder there while scripts run");
    }
    root.make_folders(path_);
  }
  MountPoint(const MountPoint&) = delete;
  MountPoint& operator=(const MountPoint&) = delete;
  ~MountPoint() {
    try {
      root_.remove(path_);
    } catch (const Error&) {  // the tree itself is being thrown away then
    }
  }

 private:
  const RootDir& root_;
  std::string path_;
};

/// /etc/resolv.conf of the build host for a script that may use its network; afterwards the image has its own again.
class Resolver {
 public:
  explicit Resolver(const RootDir& root) : root_(root) {
    const auto status = root.status(kPath);
    if (status && S_ISLNK(status->st_mode)) link_ = root.read_link(kPath);
    if (status && S_ISREG(status->st_mode)) return;  // what is there gets the host's bound over it
    if (status) root.remove(kPath);
    root.make_folders("etc");
    root.write(kPath, "");
    made_ = true;
  }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver() {
    if (!made_) return;
    try {
      root_.remove(kPath);
      if (!link_.empty()) root_.link(link_, kPath);
    } catch (const Error&) {  // the tree itself is being thrown away then
    }
  }

  static constexpr std::string_view kPath = "etc/resolv.conf";

 private:
  const RootDir& root_;
  std::string link_;
  bool made_ = false;
};

std::vector<std::string> command_line(const recipe::Script& script) {
  std::vector<std::string> arguments;
  if (!script.interpreter.empty()) {
    // "python3 -u" is an interpreter with its own arguments.
    for (const auto part : split(script.interpreter, ' ')) {
      if (!part.empty()) arguments.emplace_back(part);
    }
  } else if (script.path.empty()) {
    arguments.emplace_back("/bin/sh");
  }
  if (script.path.empty()) {
    arguments.push_back(fmt::format("/{}", kScript));
  } else {
    arguments.push_back(fmt::format("/{}/{}", kConfigurations, script.path.lexically_relative(script.folder).native()));
  }
  arguments.insert(arguments.end(), script.arguments.begin(), script.arguments.end());
  if (arguments.front().find('/') == std::string::npos) arguments.insert(arguments.begin(), "/usr/bin/env");
  return arguments;
}

std::vector<std::string> environment_of(const recipe::Script& script) {
  std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                       "HOME=/root", "LANG=C.UTF-8", "TERM=dumb", "SYSTEMD_OFFLINE=1"};
  for (const auto& [name, value] : script.environment) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

void run_script(const recipe::Script& script, const std::string& name, const RootDir& root,
                std::chrono::seconds timeout, Reporter& reporter) {
  const MountPoint place(root, kConfigurations);
  if (script.path.empty()) root.write(kScript, script.content, 0755);
  std::optional<Resolver> resolver;
  // Empty: the recipe lies in the current folder.
  const std::filesystem::path folder = script.folder.empty() ? "." : script.folder;
  std::vector<std::pair<std::filesystem::path, std::string>> binds{{folder, std::string(kConfigurations)}};
  if (script.network && std::filesystem::exists("/etc/resolv.conf")) {
    resolver.emplace(root);
    binds.emplace_back("/etc/resolv.conf", Resolver::kPath);
  }
  const auto result = run_in_sandbox({.root = root.host_path(),
                                      .arguments = command_line(script),
                                      .environment = environment_of(script),
                                      .standard_input = "",
                                      .lazy_root = &root,
                                      .read_only_binds = std::move(binds),
                                      .host_network = script.network,
                                      .timeout = timeout});
  if (script.path.empty()) root.remove(kScript);
  if (!result.output.empty()) reporter.detail(result.output);
  if (result.timed_out) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot run '{}': it did not end within {}; {}", name, human_duration(timeout),
                    result.output.empty() ? "it said nothing" : "it said last\n" + last_lines(result.output, 15)),
        "it may be waiting for input, for a service, or for a network that it has only with 'network: true'; give "
        "one that needs longer more time by --script-timeout");
  }
  if (result.exit_code != 0) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot run '{}': exit code {}; its last words were\n{}", name, result.exit_code,
                            last_lines(result.output, 15)),
                "scripts run inside the image, in a sandbox without services and devices, and without network unless "
                "they say 'network: true'");
  }
}

}  // namespace

bool runs_scripts(const recipe::Recipe& recipe) {
  return !recipe.scripts.post_customization.empty() || !recipe.scripts.finalize_customization.empty();
}

bool runs_programs(const recipe::Recipe& recipe) {
  const auto& packages = recipe.os.packages;
  return runs_scripts(recipe) || !packages.install.empty() || !packages.remove.empty() || !packages.update.empty() ||
         packages.update_existing;
}

void run_scripts(std::span<const recipe::Script> scripts, const RootDir& root, std::chrono::seconds timeout,
                 Reporter& reporter) {
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const std::string name = name_of(scripts[i], i);
    const Step step(reporter, fmt::format("running '{}'", name));
    run_script(scripts[i], name, root, timeout, reporter);
  }
}

}  // namespace keelson::factory
