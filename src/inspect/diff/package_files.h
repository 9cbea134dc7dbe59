/// Which package a file is of, by dpkg's own lists or RPM's database.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "inspect/system_files.h"

namespace keelson::inspect {

class PackageFiles {
 public:
  /// Reads /var/lib/dpkg/info/*.list, or what RPM's database says. What can't be read is left out, and noted. At most
  /// 10 million names.
  explicit PackageFiles(const SystemFiles& files);

  /// The package's name without its architecture; "" for a file of none. Of folders that many share: the last one's.
  std::string_view owner_of(std::string_view path) const;

 private:
  void read_rpm(const SystemFiles& files);

  std::unordered_map<std::string, std::string> owners_;
};

}  // namespace keelson::inspect
