/// An empty image root for this module's tests, in which files can belong to root.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "sys/file.h"
#include "sys/root_dir.h"
#include "sys/temp_dir.h"

namespace keelson::os {

/// An ordinary user becomes root of a user namespace of its own, with one id mapped. Where that is not allowed the
/// test is skipped with the reason.
inline bool become_root_for_tests() {
  if (::geteuid() == 0) return true;
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("0 {} 1", uid));
  write_file("/proc/self/gid_map", fmt::format("0 {} 1", gid));
  return true;
}

/// Can files be given to other users? Only for a real root, or one with many ids mapped.
inline bool can_change_owners() {
  const std::string map = [] {
    const UniqueFd fd = open_file("/proc/self/uid_map", O_RDONLY);
    std::string text(256, '\0');
    text.resize(read_up_to(fd.get(), std::as_writable_bytes(std::span(text)), "uid_map"));
    return text;
  }();
  std::uint64_t inside = 0, outside = 0, count = 0;
  return std::sscanf(map.c_str(), "%lu %lu %lu", &inside, &outside, &count) == 3 && count > 2000;
}

class RootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!become_root_for_tests()) GTEST_SKIP() << "not root, and user namespaces are not allowed here";
  }

  void put(const std::string& path, std::string_view content, mode_t mode = 0644) {
    std::filesystem::create_directories((host(path)).parent_path());
    write_file(host(path), content, mode);
    std::filesystem::permissions(host(path), std::filesystem::perms(mode));
  }
  std::filesystem::path host(const std::string& path) const { return dir_.path().native() + "/" + path; }
  mode_t mode(const std::string& path) const { return root_.status(path)->st_mode & 07777; }

 private:
  TempDir dir_{"os-test"};

 protected:
  RootDir root_{dir_.path()};
};

}  // namespace keelson::os
