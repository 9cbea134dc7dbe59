#include "packages/deb/change/debian_tree.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "base/error.h"
#include "packages/deb/change/suites_for.h"
#include "packages/deb/repository/archive.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb::testing {

namespace fs = std::filesystem;

namespace {

fs::path cache_folder() {
  if (const char* named = std::getenv("KEELSON_TEST_CACHE"); named != nullptr) return fs::path(named) / "debian-tree";
  static const TempDir kFolder("debian-tree");
  return kFolder.path();
}

}  // namespace

DebianTree::DebianTree() : folder_(cache_folder()), unavailable_(prepare()) {}

std::string DebianTree::prepare() {
  if (!find_program("mmdebstrap")) return "mmdebstrap is not installed";
  if (::getuid() != 0) return "laying out a tree with its owners needs uid 0";
  fs::create_directories(cache());
  SilentReporter reporter;
  try {
    const HostAptConfiguration host = read_host_apt_configuration();
    const auto suites = suites_for({"debian", "trixie"}, {}, host);
    for (const auto& index :
         refresh_archive(suites, "amd64", Cache(cache()), refresh_options(host, std::time(nullptr)), reporter)) {
      for (const auto& packages : index.packages)
        indices_.push_back({packages.file, packages.sha256, index.suite.uri, index.suite.suite, packages.component});
    }
    const fs::path tar = folder_ / "base.tar";
    if (fs::exists(tar)) return "";
    const fs::path partial = folder_ / "base.partial.tar";
    require_process(
        {.arguments = {"mmdebstrap", "--quiet", "--variant=minbase", "--include=systemd-sysv,cron-daemon-common",
                       "--architectures=amd64", "trixie", partial, suites.at(0).uri}},
        "make", "Debian tree");
    fs::rename(partial, tar);
    return "";
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Refused || error.kind() == ErrorKind::BadInput) throw;
    return "no archive to be reached from here: " + error.message();
  }
}

void DebianTree::lay_out(const fs::path& folder) const {
  require_process(
      {.arguments = {"tar", "--numeric-owner", "-C", folder, "--exclude=./dev/*", "-xpf", folder_ / "base.tar"}},
      "lay out", "Debian tree");
}

}  // namespace keelson::deb::testing
