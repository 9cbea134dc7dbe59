#include "formats/uki/pcr_policy.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "crypto/hash.h"

namespace keelson::uki {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 4> kWords = {"enter-initrd", "leave-initrd", "sysinit", "ready"};
constexpr std::array<Words, 4> kPhases = {Words(kWords).first(1), Words(kWords).first(2), Words(kWords).first(3),
                                          Words(kWords)};

// TPM_CC_PolicyPCR, then a TPML_PCR_SELECTION: one bank, TPM_ALG_SHA256, three bytes of which bit 11 is set. All
// numbers of a TPM are big-endian.
constexpr std::array<unsigned char, 14> kPolicyPcr11 = {0x00, 0x00, 0x01, 0x7f, 0x00, 0x00, 0x00,
                                                        0x01, 0x00, 0x0b, 0x03, 0x00, 0x08, 0x00};

ByteView bytes_of(const Sha256& digest) { return std::as_bytes(std::span(digest.bytes)); }

}  // namespace

std::span<const Words> boot_phases() { return kPhases; }

Sha256 pcr11_policy(const Sha256& pcr11) {
  Sha256Hasher hasher;
  hasher.update(bytes_of(Sha256{}));  // the policy before it: none
  hasher.update(std::as_bytes(std::span(kPolicyPcr11)));
  hasher.update(bytes_of(sha256(bytes_of(pcr11))));  // over all values that are asked for: one
  return hasher.finish();
}

std::string sign_pcr11_policies(const PrivateKey& key, std::span<const Sha256> values) {
  const std::string fingerprint = sha256(ByteView(key.public_der())).hex();
  std::string entries;
  for (const auto& value : values) {
    const Sha256 policy = pcr11_policy(value);
    entries += fmt::format(R"({}{{"pcrs":[11],"pkfp":"{}","pol":"{}","sig":"{}"}})", entries.empty() ? "" : ",",
                           fingerprint, policy.hex(), base64(key.sign(bytes_of(policy))));
  }
  return fmt::format(R"({{"sha256":[{}]}})", entries) + "\n";
}

}  // namespace keelson::uki
