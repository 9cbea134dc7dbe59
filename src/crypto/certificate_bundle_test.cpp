#include "crypto/certificate_bundle.h"

#include <gtest/gtest.h>

#include "crypto/sample_signer.h"

namespace keelson {
namespace {

TEST(CertificateBundle, HasEveryCertificateThatIsOne) {
  const std::string pem = "# a comment\n" + sample_signer().certificate.pem() + other_signer().certificate.pem() +
                          "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n";
  const auto bundle = read_certificate_bundle(pem);
  ASSERT_EQ(bundle.certificates.size(), 2U);
  EXPECT_EQ(bundle.certificates[0].subject, "CN=sample key");
  EXPECT_EQ(bundle.certificates[1].not_after, kSampleEnd);
  EXPECT_EQ(bundle.unreadable, 2U);
  EXPECT_EQ(read_certificate_bundle(pem, 1).certificates.size(), 1U);
  EXPECT_TRUE(read_certificate_bundle("").certificates.empty());
}

}  // namespace
}  // namespace keelson
