#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

using testing::HasSubstr;

template <class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

class SignerFiles : public testing::Test {
 protected:
  SignerFiles() {
    write_file(key(), sample_signer().key.pem(), 0600);
    write_file(certificate(), sample_signer().certificate.pem());
  }
  std::string key() const { return dir_.path() / "db.key"; }
  std::filesystem::path certificate() const { return dir_.path() / "db.crt"; }
  std::string attempt(std::int64_t now) const {
    return message_of([&] { read_signer(key(), certificate(), now); });
  }

  TempDir dir_{"keelson-test"};
};

TEST(Certificate, SaysWhatItWasMadeWithAndIsTheSameEachTime) {
  const Certificate& made = sample_signer().certificate;
  EXPECT_EQ(made.subject(), "CN=sample key");
  EXPECT_EQ(made.not_before(), kSampleStart);
  EXPECT_EQ(made.not_after(), kSampleEnd);
  EXPECT_EQ(made.bits(), 2048U);
  const Certificate again = make_certificate(
      {.common_name = "sample key", .not_before = kSampleStart, .not_after = kSampleEnd, .signs_code = true},
      sample_signer().key);
  EXPECT_EQ(again.der(), made.der());
  EXPECT_EQ(parse_certificate(as_bytes(made.pem()), "pem").der(), made.der());
  EXPECT_EQ(parse_certificate(made.der(), "der").fingerprint(), made.fingerprint());
}

TEST(Certificate, OnlyItsOwnKeysSignaturesAreGood) {
  const Bytes signature = sample_signer().key.sign(as_bytes("text"));
  EXPECT_EQ(signature, sample_signer().key.sign(as_bytes("text")));
  EXPECT_TRUE(sample_signer().certificate.verify(as_bytes("text"), signature));
  EXPECT_FALSE(sample_signer().certificate.verify(as_bytes("test"), signature));
  EXPECT_FALSE(other_signer().certificate.verify(as_bytes("text"), signature));
  EXPECT_FALSE(sample_signer().certificate.verify(as_bytes("text"), {}));
}

TEST(Certificate, WhatIsNoneIsRefused) {
  EXPECT_THAT(message_of([] { parse_certificate(as_bytes("junk"), "x.crt"); }),
              HasSubstr("cannot read certificate 'x.crt': it is none"));
  EXPECT_THROW(parse_certificate({}, "empty"), Error);
  Bytes cut = sample_signer().certificate.der();
  cut.resize(cut.size() / 2);
  EXPECT_THROW(parse_certificate(cut, "cut"), Error);
}

TEST_F(SignerFiles, AreReadWhileTheCertificateIsValid) {
  EXPECT_EQ(attempt(kSampleStart), "no error");
  EXPECT_EQ(attempt(kSampleEnd), "no error");
  EXPECT_THAT(attempt(kSampleEnd + 1), HasSubstr("has expired on 2030-03-17 17:46:40 UTC"));
  EXPECT_THAT(attempt(kSampleStart - 1), HasSubstr("is not valid before 2023-11-14 22:13:20 UTC"));
}

TEST_F(SignerFiles, OfTwoKeysAreRefused) {
  write_file(key(), other_signer().key.pem());
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("is for another key"));
}

TEST_F(SignerFiles, ThatHoldNoKeyAreRefused) {
  write_file(key(), "junk");
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("it is not a PEM file with a key"));
  std::filesystem::remove(key());
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("no such file"));
}

TEST_F(SignerFiles, ThatAreWeakEncryptedOrOfAnotherKindAreRefused) {
  const auto make = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"openssl", "genpkey", "-out", key()});
    ASSERT_EQ(run_process({.arguments = arguments}).exit_code, 0);
  };
  make({"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"});
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("it has 1024 bits, and 2048 are the least"));
  make({"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("it is no RSA key"));
  make({"-algorithm", "RSA", "-aes-256-cbc", "-pass", "pass:secret"});
  EXPECT_THAT(attempt(kSampleStart), HasSubstr("it is encrypted"));
}

TEST(PrivateKey, APinIsNotShownWhenATokenHasNoSuchKey) {
  const std::string message = message_of([] { read_private_key("pkcs11:object=none;type=private?pin-value=1234"); });
  EXPECT_THAT(message, testing::Not(HasSubstr("1234")));
  EXPECT_NE(message, "no error");
}

}  // namespace
}  // namespace keelson
