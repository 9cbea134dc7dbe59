#include "packages/deb/repository/verify.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <vector>

#include "base/error.h"
#include "packages/deb/repository/testing/archive_fixture.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

using testing::ArchiveFixture;
using ::testing::HasSubstr;

constexpr std::string_view kText = "Suite: stable\nCodename: trixie\n";
constexpr std::string_view kSignature = "-----BEGIN PGP SIGNATURE-----";

/// A folder with a key of its own.
struct Signer {
  TempDir folder{"signer"};
  ArchiveFixture key{folder.path()};

  std::string sign(std::string_view text) const { return key.sign(std::string(text)); }
};

// The first one's text under all of their signatures: what `gpg --clearsign` with several keys makes (RFC 9580, 7).
std::string joined(const std::vector<std::string>& signed_texts) {
  std::string packets;
  for (const auto& text : signed_texts) packets += without_armour(text.substr(text.find(kSignature)), "signature");
  const std::string encoded = require_process({.arguments = {"base64"}, .standard_input = packets}, "encode", "test");
  const std::string& first = signed_texts.front();
  return fmt::format("{}{}\n\n{}-----END PGP SIGNATURE-----\n", first.substr(0, first.find(kSignature)), kSignature,
                     encoded);
}

class SeveralSignatures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ArchiveFixture::is_possible()) GTEST_SKIP() << "gpg, gpgv or gpg-agent is not installed";
    known_ = std::make_unique<Signer>();
    foreign_ = std::make_unique<Signer>();
  }

  std::string verify(const std::string& text) const {
    write_file(folder_.path() / "InRelease", text);
    return verify_clear_signed(folder_.path() / "InRelease", {known_->key.keyring()}, "test", folder_.path());
  }
  Error refusal(const std::string& text) const {
    try {
      verify(text);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "it was accepted";
    return Error(ErrorKind::Internal, "");
  }

  std::unique_ptr<Signer> known_;
  std::unique_ptr<Signer> foreign_;
  TempDir folder_{"verify-test"};
};

// As on the day of a new archive key: the old one and the new one sign, and a keyring holds either.
TEST_F(SeveralSignatures, OneOfAKnownKeySuffices) {
  EXPECT_EQ(verify(joined({known_->sign(kText), foreign_->sign(kText)})), kText);
  EXPECT_EQ(verify(joined({foreign_->sign(kText), known_->sign(kText)})), kText);
}

TEST_F(SeveralSignatures, NoneOfAKnownKeyIsRefused) {
  const Signer other;
  const Error error = refusal(joined({foreign_->sign(kText), other.sign(kText)}));
  EXPECT_EQ(error.kind(), ErrorKind::Refused);
  EXPECT_THAT(error.message(), HasSubstr("which is not known"));
}

TEST_F(SeveralSignatures, AGoodOneDoesNotExcuseABadOneOfAKnownKey) {
  const std::string other_text = "Suite: stable\nCodename: evil\n";
  for (const auto& text : {joined({known_->sign(kText), known_->sign(other_text)}),
                           joined({known_->sign(other_text), known_->sign(kText)})}) {
    const Error error = refusal(text);
    EXPECT_EQ(error.kind(), ErrorKind::Refused);
    EXPECT_THAT(error.message(), HasSubstr("its signature does not match its text"));
  }
}

// Nobody can prove what an unknown key signed: such a signature is no evidence, neither for nor against.
TEST_F(SeveralSignatures, ABadOneOfAForeignKeyChangesNothing) {
  EXPECT_EQ(verify(joined({known_->sign(kText), foreign_->sign("Codename: evil\n")})), kText);
  EXPECT_EQ(refusal(joined({foreign_->sign(kText), foreign_->sign("Codename: evil\n")})).kind(), ErrorKind::Refused);
}

}  // namespace
}  // namespace keelson::deb
