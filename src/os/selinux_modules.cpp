#include "os/selinux_modules.h"

#include <fmt/format.h>

#include <chrono>
#include <set>

#include "base/error.h"
#include "os/selinux.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/sandbox.h"

namespace keelson::os {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes kPatience{15};  // half a minute of processor time, on a busy machine
constexpr ByteCount kLargestModule = mebibytes(16);
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

}  // namespace

void install_selinux_modules(const std::vector<fs::path>& modules, std::int64_t epoch, const RootDir& root) {
  if (modules.empty()) return;
  const std::string policy = require_selinux_policy(root);
  if (!root.exists("usr/sbin/semodule")) {
    throw Error(ErrorKind::BadInput, "cannot add SELinux policy modules: the image has no /usr/sbin/semodule",
                "add policycoreutils to os.packages.install");
  }
  const Place place(root);
  std::vector<std::string> arguments{"/usr/sbin/semodule", "-n", "-s", policy, "-X", std::string(kPriority)};
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
}

}  // namespace keelson::os
