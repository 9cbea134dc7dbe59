/// What a program was given by who started it, as a value: only programs and the command line read it, once; libraries
/// get it passed in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keelson {

class Environment {
 public:
  /// @param all "NAME=value"
  explicit Environment(std::vector<std::string> all) : all_(std::move(all)) {}
  static Environment of_this_process();

  /// "" when it is not set.
  std::string value(std::string_view name) const;
  /// "NAME=value", as programs that are started get it.
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::vector<std::string> all_;
};

}  // namespace keelson
