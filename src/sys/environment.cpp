#include "sys/environment.h"

#include <unistd.h>

namespace keelson {

Environment Environment::of_this_process() {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  return Environment(std::move(all));
}

std::string Environment::value(std::string_view name) const {
  for (const auto& entry : all_) {
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.substr(name.size() + 1);
  }
  return {};
}

}  // namespace keelson
