/// The files that will be the initrd, collected from an OS tree or made up, by path.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/cpio/archive.h"
#include "sys/root_dir.h"

namespace keelson::initrd {

/// Promises: every entry's folders are there too; a path taken from the tree stands there with each symlink on its
/// way, so that it can be opened in the initrd by the same name; everything belongs to root, nothing is setuid;
/// iteration is sorted, folders before what is in them. Paths have no leading slash.
class FileSet {
 public:
  /// @param machine the ELF machine that every program and library must be for.
  FileSet(const RootDir& root, std::uint16_t machine) : root_(root), machine_(machine) {}

  /// Takes one file (or empty folder) of the tree, following symlinks inside the tree. Returns its real path.
  /// @throws Error(NotFound) if it is not there.
  std::string add(std::string_view path);
  /// As add(), but says whether it was there.
  bool add_if_there(std::string_view path);

  void put_folder(std::string_view path, std::uint32_t mode = 0755);
  void put_file(std::string_view path, std::string content, std::uint32_t mode = 0644);
  void put_link(std::string_view target, std::string_view path);
  void put_device(std::string_view path, std::uint32_t mode, std::uint32_t device_major, std::uint32_t device_minor);

  /// Adds the interpreter and libraries that the collected programs need, and those they may load for one of
  /// `features` (the names of their dlopen notes). @throws Error(NotFound) naming program and library,
  /// Error(BadInput) for a program of another machine.
  void add_libraries(const std::set<std::string>& features);

  const std::map<std::string, cpio::Entry>& entries() const { return entries_; }

 private:
  std::string resolve(std::string_view path);
  void take(const std::string& path, const struct stat& status);
  void put(cpio::Entry entry);
  bool add_library(const std::string& soname, const std::vector<std::string>& folders);
  void add_needs_of(const std::string& program, const std::set<std::string>& features);

  const RootDir& root_;
  std::uint16_t machine_;
  std::map<std::string, cpio::Entry> entries_;
  std::vector<std::string> unexamined_;  ///< regular files from the tree whose libraries are still to be added
};

}  // namespace keelson::initrd
