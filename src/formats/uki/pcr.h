/// What a TPM's PCR 11 holds once systemd's stub has started a unified kernel image: predicted from the file, so that
/// secrets can be bound to it and its start be proved.
/// Spec: systemd-stub(7), "TPM PCR Notes" and systemd-measure(1) of systemd 257; TCG PC Client Platform Firmware
/// Profile (what extending is). docs/formats/uki.md.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/sha256.h"

namespace keelson::uki {

/// The value in the bank of SHA-256, from a TPM that has just started. @param phases what systemd-pcrphase.service(8)
/// adds while the system comes up ("enter-initrd", "leave-initrd", "sysinit", "ready"); none: what the kernel finds.
/// @throws Error(BadInput) if it is no PE program, or has several profiles (.profile): the one that is chosen decides.
Sha256 predict_pcr11(ByteView bytes, std::string_view name, std::span<const std::string_view> phases = {});

}  // namespace keelson::uki
