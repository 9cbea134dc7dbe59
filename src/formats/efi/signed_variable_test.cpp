#include "formats/efi/signed_variable.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "formats/efi/signature_list.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::efi {
namespace {

const KeyVariable& kDb = kKeyVariables[0];
const KeyVariable& kPk = kKeyVariables[2];

Bytes sample_value() {
  return write_certificate_list(parse_uuid("01234567-89ab-cdef-0123-456789abcdef"), as_bytes("certificate"));
}

Bytes sample_variable() { return write_signed_variable(kDb, sample_value(), time_of(kSampleStart), sample_signer()); }

TEST(EfiTime, IsTheCalendarsUtc) {
  EXPECT_EQ(time_of(0), (Time{1970, 1, 1, 0, 0, 0}));
  EXPECT_EQ(time_of(1709251199), (Time{2024, 2, 29, 23, 59, 59}));
}

TEST(SignedVariable, HoldsForItsSignerAndItsVariableOnly) {
  const Bytes bytes = sample_variable();
  EXPECT_EQ(bytes, sample_variable());
  const SignedVariable read = parse_signed_variable(bytes, "db.auth");
  EXPECT_EQ(read.time, time_of(kSampleStart));
  EXPECT_EQ(Bytes(read.value.begin(), read.value.end()), sample_value());
  EXPECT_TRUE(is_signed_by(read, kDb, sample_signer().certificate));
  EXPECT_FALSE(is_signed_by(read, kPk, sample_signer().certificate));
  EXPECT_FALSE(is_signed_by(read, kDb, other_signer().certificate));
  SignedVariable later = read;
  later.time.second += 1;
  EXPECT_FALSE(is_signed_by(later, kDb, sample_signer().certificate));
}

TEST(SignedVariable, TruncatedHeadersAreRefused) {
  const Bytes bytes = sample_variable();
  const std::size_t header = bytes.size() - sample_value().size();
  for (std::size_t size = 0; size < header; ++size)
    EXPECT_THROW(parse_signed_variable(ByteView(bytes).first(size), "cut"), Error) << size;
}

// The bytes that firmware hashes, put together here from the specification's text and not by the code under test.
TEST(SignedVariable, OpenSslVerifiesItOverTheBytesOfTheSpecification) {
  const TempDir dir("keelson-test");
  const Bytes bytes = sample_variable();
  const SignedVariable read = parse_signed_variable(bytes, "db.auth");
  std::string content("d\0b\0", 4);
  content += "\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f";
  content += std::string("\x27\0\0\0", 4);
  content += std::string(as_text(ByteView(bytes).first(16)));
  content += as_text(sample_value());
  write_file(dir.path() / "content", content);
  write_file(dir.path() / "crt", sample_signer().certificate.pem());
  // openssl wants a ContentInfo: SEQUENCE { signedData, [0] { … } }.
  const auto length = static_cast<unsigned>(read.signature.size());
  const auto two = [](unsigned value) { return std::string{static_cast<char>(value >> 8), static_cast<char>(value)}; };
  const std::string oid("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");
  const std::string wrapped = "\x30\x82" + two(length + 4 + 11) + oid + "\xa0\x82" + two(length);
  write_file(dir.path() / "signature", wrapped + std::string(as_text(read.signature)));
  const auto result = run_process(
      {.arguments = {"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", dir.path() / "signature",
                     "-content", dir.path() / "content", "-CAfile", dir.path() / "crt", "-purpose", "any",
                     "-partial_chain", "-attime", std::to_string(kSampleStart + 1)}});
  EXPECT_EQ(result.exit_code, 0) << result.error_output;
}

}  // namespace
}  // namespace keelson::efi
