/// Whether KVM works here. That /dev/kvm exists proves nothing (nested machines offer one that aborts at the first
/// guest instruction, or refuses the processor's registers), so a small machine is really started.
#pragma once

#include <chrono>
#include <string>

namespace keelson::machine {

enum class Accelerator { Kvm, Emulation };

struct AcceleratorProbe {
  Accelerator accelerator = Accelerator::Emulation;
  std::string reason;  ///< why not KVM, for people; "" with KVM
};

/// Starts `qemu` under KVM with the host's processor, no disk and 64 MiB, and waits until its firmware has said a word
/// on the debug port: guest code ran then. Takes 0.2 s where KVM works or is refused, `limit` at most.
AcceleratorProbe probe_accelerator(const std::string& qemu, const std::string& architecture,
                                   std::chrono::milliseconds limit);

/// "kvm" or "tcg", as QEMU calls them.
std::string accelerator_name(Accelerator accelerator);

}  // namespace keelson::machine
