#include "factory/pcr_policies.h"

#include <vector>

#include "formats/uki/pcr.h"
#include "formats/uki/pcr_policy.h"
#include "formats/uki/uki.h"

namespace keelson::factory {

std::string signed_policies(const PrivateKey& key, ByteView uki, std::string_view name) {
  std::vector<Sha256> values;
  for (const auto phases : uki::boot_phases()) values.push_back(uki::predict_pcr11(uki, name, phases));
  return uki::sign_pcr11_policies(key, values);
}

std::string with_policies(const PrivateKey& key, ByteView uki, std::string_view name, std::string_view command_line) {
  const std::string public_key = key.public_pem();
  const auto write = [&](std::string_view signature) {
    std::string image;
    uki::write_with_command_line([&](ByteView piece) { image += as_text(piece); }, uki, name, command_line,
                                 uki::SignedPolicies{.public_key = public_key, .signature = signature});
    return image;
  };
  return write(signed_policies(key, as_bytes(write("")), name));
}

}  // namespace keelson::factory
