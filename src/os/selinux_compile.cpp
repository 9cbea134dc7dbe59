#include "os/selinux_compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "os/selinux.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::os {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes kPatience{15};  // half a minute of processor time, on a busy machine
constexpr ByteCount kLargestModule = mebibytes(16);
constexpr ByteCount kLargestDeferred = mebibytes(1);
constexpr std::string_view kPlace = "keelson-selinux";
// semodule(8): 100 is the distribution's, 400 what an administrator adds without saying so.
constexpr std::string_view kPriority = "300";

/// A folder of the image with the modules, only while semodule runs.
class Place {
 public:
  explicit Place(const RootDir& root) : root_(root) { root.make_folders(kPlace, 0700); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    try {
      root_.clear_folder(kPlace);
      root_.remove(kPlace);
    } catch (const Error&) {  // the tree itself is being thrown away then
    }
  }

 private:
  const RootDir& root_;
};

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

// Puts the modules where semodule sees them, and tells it of them.
void add_modules(const std::vector<fs::path>& modules, const RootDir& root, std::vector<std::string>& arguments) {
  std::set<std::string> names;
  for (const auto& module : modules) {
    const std::string name = module.filename().native();
    if (!names.insert(module.stem().native()).second) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot add SELinux policy module '{}': another one has its name", module.native()));
    }
    root.write(fmt::format("{}/{}", kPlace, name), read_file(module, kLargestModule), 0600);
    arguments.push_back(fmt::format("--install=/{}/{}", kPlace, name));
  }
}

// What -s says in the arguments that a policy package left.
std::string deferred_name(const std::vector<std::string>& arguments) {
  const auto option = std::find(arguments.begin(), arguments.end(), "-s");
  if (option == arguments.end() || std::next(option) == arguments.end() || !is_plain_name(*std::next(option)))
    throw Error(ErrorKind::BadInput, "cannot compile the SELinux policy: its package names no policy");
  return *std::next(option);
}

// As `semanage boolean --modify` keeps them; semodule takes them into the policy that it compiles.
void set_booleans(const std::map<std::string, bool>& booleans, const std::string& policy, const RootDir& root) {
  if (booleans.empty()) return;
  const std::string folder = fmt::format("var/lib/selinux/{}/active", policy);
  const std::string path = folder + "/booleans.local";
  const std::string before = root.find_text(path, kLargestDeferred).value_or("");
  std::string text;
  for (const auto line : split(before, '\n')) {
    if (!line.empty() && !booleans.contains(std::string(line.substr(0, line.find('=')))))
      text += fmt::format("{}\n", line);
  }
  for (const auto& [name, value] : booleans) text += fmt::format("{}={}\n", name, value ? 1 : 0);
  root.make_folders(folder, 0700);
  root.write(path, text, 0600);
}

// libsemanage counts how often a policy was compiled. That is no property of the image: it must not tell whether the
// policy package's script ran as packaged.
void reset_commit_number(const RootDir& root) {
  for (const auto& store : root.list("var/lib/selinux")) {
    const std::string path = fmt::format("var/lib/selinux/{}/active/commit_num", store);
    const auto text = root.find_text(path, kibibytes(4));
    if (!text || text->empty()) continue;
    std::string first(text->size(), '\0');
    first[0] = '1';
    root.write(path, first, 0600);
  }
}

}  // namespace

void compile_selinux_policy(const PolicyAdditions& additions, std::int64_t epoch, const RootDir& root) {
  const auto& modules = additions.modules;
  const std::string deferred = root.find_text(kDeferredPolicy, kLargestDeferred).value_or("");
  if (additions.empty() && deferred.empty()) return;
  if (!root.exists("usr/sbin/semodule")) {
    throw Error(ErrorKind::BadInput, "cannot add SELinux policy modules: the image has no /usr/sbin/semodule",
                "add policycoreutils to os.packages.install");
  }
  const Place place(root);
  std::vector<std::string> arguments{"/usr/sbin/semodule"};
  for (const auto line : split(deferred, '\n')) {
    if (!line.empty()) arguments.emplace_back(line);
  }
  // Without one that is about to be compiled there must be one already.
  const std::string policy = deferred.empty() ? require_selinux_policy(root) : deferred_name(arguments);
  if (deferred.empty()) arguments.insert(arguments.end(), {"-n", "-s", policy});
  // Installing a module compiles; booleans alone have to ask for it.
  if (deferred.empty() && modules.empty()) arguments.emplace_back("-B");
  set_booleans(additions.booleans, policy, root);
  if (!modules.empty()) arguments.insert(arguments.end(), {"-X", std::string(kPriority)});
  add_modules(modules, root, arguments);
  const auto result = run_in_sandbox({.root = root.host_path(),
                                      .arguments = std::move(arguments),
                                      .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                                                      "LANG=C.UTF-8", fmt::format("SOURCE_DATE_EPOCH={}", epoch)},
                                      .standard_input = "",
                                      .lazy_root = &root,
                                      .timeout = kPatience});
  if (result.timed_out) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot compile the SELinux policy: semodule did not end within {} minutes", kPatience.count()));
  }
  if (result.exit_code != 0) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot compile the SELinux policy with the recipe's modules: semodule said\n{}",
                            last_lines(result.output, 15)),
                "the modules are those of 'os.selinux.modules'; types that they name must be in the image's policy");
  }
  if (!deferred.empty()) root.remove(kDeferredPolicy);
  reset_commit_number(root);
}

}  // namespace keelson::os
