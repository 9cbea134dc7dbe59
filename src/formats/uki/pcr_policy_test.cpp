#include "formats/uki/pcr_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/sample_signer.h"

namespace keelson::uki {
namespace {

using nlohmann::json;

ByteView bytes_of(const Sha256& digest) { return std::as_bytes(std::span(digest.bytes)); }

// systemd-measure 252.39 signed this for the PCR 11 of pcr_test.cpp's sample, and asked a TPM (swtpm) for the digest.
TEST(PcrPolicy, IsTheOneThatATpmCalculates) {
  const Sha256 pcr11 = parse_sha256("67f3c9421654cc2182fdafac72d78634e85a99af6d9746004bbef3d77d1b1fb4");
  EXPECT_EQ(pcr11_policy(pcr11).hex(), "4917591c687873bb04926550880f1777b02e16050791716ecafba7af5902ee08");
}

TEST(PcrPolicy, EachValueHasOneSignedByTheKey) {
  const std::array values{sha256("one"), sha256("two")};
  const std::string text = sign_pcr11_policies(sample_signer().key, values);
  EXPECT_EQ(text, sign_pcr11_policies(sample_signer().key, values)) << "the same key and values give the same bytes";
  const json entries = json::parse(text)["sha256"];
  ASSERT_EQ(entries.size(), 2u);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Sha256 policy = pcr11_policy(values[i]);
    EXPECT_EQ(entries[i]["pcrs"], json::array({11}));
    EXPECT_EQ(entries[i]["pkfp"], sample_signer().certificate.key_fingerprint().hex());
    EXPECT_EQ(entries[i]["pol"], policy.hex());
    const Bytes signature = sample_signer().key.sign(bytes_of(policy));
    EXPECT_EQ(entries[i]["sig"], base64(signature));
    EXPECT_TRUE(sample_signer().certificate.verify(bytes_of(policy), signature));
  }
}

TEST(PcrPolicy, ThePhasesOfABootBuildOnEachOther) {
  const auto phases = boot_phases();
  ASSERT_EQ(phases.size(), 4u);
  EXPECT_THAT(phases[0], testing::ElementsAre("enter-initrd"));
  EXPECT_THAT(phases[3], testing::ElementsAre("enter-initrd", "leave-initrd", "sysinit", "ready"));
}

}  // namespace
}  // namespace keelson::uki
