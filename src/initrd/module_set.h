/// The kernel modules of an initrd, with all that they need, and the index files for them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "initrd/file_set.h"
#include "initrd/kernel_module.h"
#include "sys/root_dir.h"

namespace keelson::initrd {

/// Promise: with a module, every module that it depends on is there too. Dependencies come from the modules
/// themselves, so that a tree in which depmod never ran will do. Modules are kept uncompressed: the whole initrd is
/// compressed better than they were one by one, and what loads them needs no decompressor.
class ModuleSet {
 public:
  /// @param release names the folder: usr/lib/modules/<release>.
  /// @throws Error(NotFound) if it has no list of modules (modules.order and modules.builtin, which every kernel
  /// package has).
  ModuleSet(const RootDir& root, std::string release);

  /// Adds a module by name and what it needs. A name that is built into the kernel needs nothing.
  /// Returns false if there is no such module at all.
  bool add(const std::string& name);

  /// Puts the modules, modules.dep.bin, modules.alias.bin, modules.builtin.bin and modules.softdep into `files`.
  void put_into(FileSet& files) const;
  std::size_t size() const { return modules_.size(); }

 private:
  struct Module {
    std::string path;  ///< below the release's folder, without compression suffix: "kernel/…/virtio_blk.ko"
    std::string content;
    ModuleInfo info;
  };

  std::string read_module(const std::string& path) const;
  std::string dependency_line(const std::string& name) const;
  void collect(const std::string& name, std::vector<std::string>& ordered) const;

  const RootDir& root_;
  std::string folder_;
  std::map<std::string, std::string> available_;  ///< name to path as modules.order has it
  std::vector<std::string> builtin_;              ///< sorted names
  std::map<std::string, Module> modules_;
};

}  // namespace keelson::initrd
