/// What running package scripts leaves in a tree beside their result: logs, lock files, backups, new times.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "sys/root_dir.h"

namespace keelson::deb {

/// Remembers, before scripts run, what the tree has of such files; afterwards put_back() makes it so again.
class Byproducts {
 public:
  explicit Byproducts(const RootDir& root);

  /// Restores or removes them: files that were there get their content back, new ones go; logs that grew are cut to
  /// their old end, new logs go unless they are empty (packages make those with the right owner). Everything newer
  /// than `epoch` gets that time.
  void put_back(std::int64_t epoch) const;

 private:
  struct Kept {
    std::string content;
    struct stat status;
  };

  void keep(const std::string& path);
  void restore(const std::string& path, const Kept& kept) const;
  void put_back_logs() const;

  const RootDir& root_;
  std::map<std::string, std::optional<Kept>> files_;
  std::map<std::string, struct stat> logs_;
};

}  // namespace keelson::deb
