/// Signed policies for PCR 11: what a secret that is sealed to a public key, and not to one kernel, opens by. Whoever
/// has the private key says of each unified kernel image that it may. Spec: TPM 2.0 Library part 3, "TPM2_PolicyPCR";
/// systemd-stub(7), section .pcrsig; systemd-measure(1), "sign".
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/sha256.h"
#include "crypto/private_key.h"

namespace keelson::uki {

/// The points of a boot at which a secret may open, each with all the words measured before it:
/// systemd-pcrphase.service(8). The same that systemd-measure signs if it is told nothing else.
std::span<const std::span<const std::string_view>> boot_phases();

/// The digest of a policy that asks for this value of PCR 11 in the bank of SHA-256, and for nothing else.
Sha256 pcr11_policy(const Sha256& pcr11);

/// The text of a section .pcrsig: a policy for each of these values, signed.
std::string sign_pcr11_policies(const PrivateKey& key, std::span<const Sha256> values);

}  // namespace keelson::uki
