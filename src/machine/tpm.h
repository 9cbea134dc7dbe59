/// A TPM 2.0 for the machine: swtpm, a program beside QEMU, new and empty for each run.
#pragma once

#include <filesystem>

#include "machine/child.h"

namespace keelson::machine {

/// Promise: the TPM runs as long as this object, or until QEMU leaves it; its state is in `folder` only, and new. One
/// at a time in a folder.
class SoftwareTpm {
 public:
  /// Starts it and waits until QEMU can reach it.
  /// @throws Error(NotFound) if swtpm is not installed; Error(Unavailable) if it does not start.
  explicit SoftwareTpm(const std::filesystem::path& folder);

  /// The control channel that QEMU's emulator backend wants.
  const std::filesystem::path& socket() const { return socket_; }

 private:
  std::filesystem::path socket_;
  Child child_;
};

}  // namespace keelson::machine
