#include "crypto/signed_data.h"

#include <gtest/gtest.h>

#include "base/der.h"
#include "base/error.h"
#include "crypto/sample_signer.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

constexpr std::string_view kType = "1.3.6.1.4.1.311.2.1.4";

Bytes sample_content() { return der::sequence({der::integer(7), der::null()}); }

TEST(SignedData, WithContentIsReadBackAndHoldsForItsSignerOnly) {
  const Bytes made = sign_content(sample_signer(), kType, sample_content());
  EXPECT_EQ(made, sign_content(sample_signer(), kType, sample_content()));
  const SignedData data = parse_signed_data(made, "test");
  EXPECT_EQ(data.content_type, der::object_identifier(kType));
  EXPECT_EQ(Bytes(data.content.begin(), data.content.end()), sample_content());
  EXPECT_EQ(data.certificates.size(), 1U);
  EXPECT_TRUE(is_signed_by(data, sample_signer().certificate));
  EXPECT_FALSE(is_signed_by(data, other_signer().certificate));
}

TEST(SignedData, DetachedHoldsForItsBytesOnly) {
  const Bytes made = sign_detached(sample_signer(), as_bytes("text"));
  const SignedData bare = parse_signed_data(signed_data_within(made, "test"), "test");
  EXPECT_TRUE(is_signed_by(bare, sample_signer().certificate, as_bytes("text")));
  EXPECT_FALSE(is_signed_by(bare, sample_signer().certificate, as_bytes("test")));
  EXPECT_FALSE(is_signed_by(bare, sample_signer().certificate));
}

TEST(SignedData, BytesThatItCarriesAreTheOnesThatAreSigned) {
  const Bytes made = sign_attached(sample_signer(), as_bytes("text"));
  const SignedData data = parse_signed_data(made, "test");
  EXPECT_EQ(Bytes(data.content.begin(), data.content.end()), der::element(der::kOctetString, {as_bytes("text")}));
  EXPECT_TRUE(is_signed_by(data, sample_signer().certificate));
  EXPECT_FALSE(is_signed_by(data, other_signer().certificate));
}

TEST(SignedData, NoChangedByteOfContentAttributesOrSignatureHolds) {
  const Bytes made = sign_content(sample_signer(), kType, sample_content());
  const SignedData whole = parse_signed_data(made, "test");
  const auto offset = [&](ByteView view) { return static_cast<std::size_t>(view.data() - made.data()); };
  for (const ByteView part : {whole.content, whole.signers[0].attributes, whole.signers[0].signature}) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      Bytes changed = made;
      changed[offset(part) + i] ^= std::byte{0x01};
      // The tag and length of the content are not part of what PKCS#7 signs.
      if (part.data() == whole.content.data() && i < 2) continue;
      try {
        EXPECT_FALSE(is_signed_by(parse_signed_data(changed, "test"), sample_signer().certificate)) << i;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      }
    }
  }
}

TEST(SignedData, EveryTruncationIsRefused) {
  const Bytes made = sign_detached(sample_signer(), as_bytes("text"));
  for (std::size_t size = 0; size < made.size(); ++size)
    EXPECT_THROW(parse_signed_data(ByteView(made).first(size), "test"), Error) << size;
}

// OpenSSL's own verifier is another implementation of the standard than ours.
TEST(SignedData, OpenSslVerifiesIt) {
  const TempDir dir("keelson-test");
  const Bytes made = sign_detached(sample_signer(), as_bytes("text"));
  write_file(dir.path() / "signature", as_text(made));
  write_file(dir.path() / "text", "text");
  write_file(dir.path() / "crt", sample_signer().certificate.pem());
  const auto verify = [&] {
    return run_process(
        {.arguments = {"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", dir.path() / "signature",
                       "-content", dir.path() / "text", "-CAfile", dir.path() / "crt", "-purpose", "any",
                       "-partial_chain", "-attime", std::to_string(kSampleStart + 1)}});
  };
  const auto result = verify();
  EXPECT_EQ(result.exit_code, 0) << result.error_output;
  write_file(dir.path() / "text", "test");
  EXPECT_NE(verify().exit_code, 0);
}

}  // namespace
}  // namespace keelson
