/// Which containerd a node has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node/live_root.h"

namespace keelson::node {

struct ContainerdVersion {
  std::string version;      ///< "1.7.24~ds1": without Debian's revision, as the program says it
  bool by_program = false;  ///< it was asked; else the package database
};

/// On this machine the program says it; of another root the package does.
std::optional<ContainerdVersion> containerd_version(const LiveRoot& root);

/// "1.7.24~ds1" of "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+b4", "2.0.0" of "… v2.0.0 …";
/// "" for what is neither.
std::string version_in_answer(std::string_view answer);

}  // namespace keelson::node
