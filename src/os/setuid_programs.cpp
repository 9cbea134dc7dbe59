#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "base/error.h"
#include "os/hardening.h"

namespace keelson::os {

namespace {

class Stripper {
 public:
  Stripper(const RootDir& root, const std::vector<std::string>& exceptions) : root_(root) {
    for (const auto& path : exceptions) keep(path);
  }

  void strip_below(const std::string& folder) {
    for (const auto& name : root_.list(folder)) {
      const std::string path = folder + "/" + name;
      const auto status = root_.status(path);
      if (!status) continue;
      if (S_ISDIR(status->st_mode)) strip_below(path);
      if (!S_ISREG(status->st_mode) || (status->st_mode & (S_ISUID | S_ISGID)) == 0) continue;
      if (kept_.contains({status->st_dev, status->st_ino})) continue;
      const UniqueFd file = root_.open(path, O_RDONLY | O_NOFOLLOW);
      if (::fchmod(file.get(), status->st_mode & 01777) != 0)
        throw system_error("change the permissions of", path, errno);
    }
  }

 private:
  // By inode: "/bin/su" is "/usr/bin/su", and a program may have several names.
  void keep(const std::string& path) {
    if (!root_.exists(path)) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot keep set-user-ID program '{}': it is not in the image", path),
                  "correct 'os.hardening.setuidPrograms.except'");
    }
    const UniqueFd file = root_.open(path, O_RDONLY);
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0) throw system_error("read", path, errno);
    kept_.emplace(status.st_dev, status.st_ino);
  }

  const RootDir& root_;
  std::set<std::pair<dev_t, ino_t>> kept_;
};

}  // namespace

void strip_setuid_programs(const recipe::Hardening& hardening, const RootDir& root) {
  if (!hardening.no_setuid_programs) return;
  Stripper(root, hardening.setuid_exceptions).strip_below("");
}

}  // namespace keelson::os
