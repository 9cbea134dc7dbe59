#include "formats/uki/authenticode.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "formats/uki/pe.h"
#include "formats/uki/pe_checksum.h"
#include "formats/uki/sample_pe.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::uki {
namespace {

constexpr std::size_t kOptionalHeader = 0x58;  // of sample_pe()
constexpr std::size_t kTableEntry = kOptionalHeader + 112 + 32;

Bytes sample() {
  const std::string program = sample_pe();
  return {as_bytes(program).begin(), as_bytes(program).end()};
}

Bytes signed_sample() { return sign_program(sample(), "test.efi", sample_signer()); }

bool holds(ByteView bytes, const Signer& signer = sample_signer()) {
  return is_program_signed_by(bytes, "test.efi", signer.certificate);
}

TEST(Authenticode, ASignatureHoldsForItsKeyOnlyAndIsTheSameEachTime) {
  const Bytes made = signed_sample();
  EXPECT_EQ(made, signed_sample());
  EXPECT_TRUE(has_signature(made));
  EXPECT_EQ(program_signatures(made, "test.efi").size(), 1U);
  EXPECT_TRUE(holds(made));
  EXPECT_FALSE(holds(made, other_signer()));
  EXPECT_FALSE(holds(sample()));
  EXPECT_TRUE(program_signatures(sample(), "test.efi").empty());
}

TEST(Authenticode, SigningChangesNothingThatIsHashed) {
  EXPECT_EQ(program_digest(sample(), "test.efi"), program_digest(signed_sample(), "test.efi"));
}

TEST(Authenticode, FurtherSignaturesStandBesideTheFirst) {
  const Bytes both = sign_program(signed_sample(), "test.efi", other_signer());
  EXPECT_EQ(program_signatures(both, "test.efi").size(), 2U);
  EXPECT_TRUE(holds(both));
  EXPECT_TRUE(holds(both, other_signer()));
}

TEST(Authenticode, TheChecksumIsRenewedAndNotSigned) {
  Bytes made = signed_sample();
  const ByteReader reader(made, "test.efi");
  const std::uint32_t stored = reader.u32le(kOptionalHeader + 64);
  put_le(made, kOptionalHeader + 64, 0, 4);
  PeChecksum checksum;
  checksum.update(made);
  EXPECT_EQ(stored, checksum.finish());
  EXPECT_TRUE(holds(made));
}

TEST(Authenticode, NoChangedByteOfTheProgramHolds) {
  const Bytes made = signed_sample();
  for (std::size_t i = 0; i < sample().size(); ++i) {
    if (i >= kOptionalHeader + 64 && i < kOptionalHeader + 68) continue;  // the checksum
    Bytes changed = made;
    changed[i] ^= std::byte{0x10};
    try {
      EXPECT_FALSE(holds(changed)) << i;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    }
  }
}

TEST(Authenticode, BytesBehindTheSectionsAreSignedToo) {
  Bytes longer = sample();
  for (const char letter : std::string_view("tail!")) longer.push_back(static_cast<std::byte>(letter));
  const Bytes made = sign_program(longer, "test.efi", sample_signer());
  EXPECT_TRUE(holds(made));
  EXPECT_EQ(program_digest(longer, "test.efi"), program_digest(made, "test.efi"));
  for (std::size_t i = sample().size(); i < longer.size() + 3; ++i) {  // and the padding
    Bytes changed = made;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(holds(changed)) << i;
  }
}

TEST(Authenticode, BytesBetweenSectionsAreRefused) {
  Bytes gap = sample();
  gap.insert(gap.begin() + 0x600, 0x200, std::byte{0});
  // The second section's header: 40 bytes behind the first one's, its offset at 20.
  put_le(gap, kOptionalHeader + 240 + 40 + 20, 0x800, 4);
  EXPECT_THROW(sign_program(gap, "test.efi", sample_signer()), Error);
}

TEST(Authenticode, EveryTruncationAndALongerFileAreRefused) {
  const Bytes made = signed_sample();
  for (std::size_t size = sample().size() + 1; size < made.size(); ++size)
    EXPECT_THROW(holds(ByteView(made).first(size)), Error) << size;
  Bytes longer = made;
  longer.resize(longer.size() + 8);
  EXPECT_THROW(holds(longer), Error);
}

TEST(Authenticode, ATableThatBreaksItsFormIsRefused) {
  const auto refused = [](std::size_t offset, std::uint64_t value, std::size_t width) {
    Bytes made = signed_sample();
    put_le(made, offset, value, width);
    EXPECT_THROW(holds(made), Error) << offset << " " << value;
  };
  const std::size_t table = sample().size();
  refused(kTableEntry, table + 8, 4);
  refused(kTableEntry, 0, 4);
  refused(kTableEntry, 0xfffffff8, 4);
  refused(kTableEntry + 4, 0xffffffff, 4);
  refused(table, 0, 4);  // an entry without length would never end
  refused(table, 7, 4);
  refused(table, 0xffffffff, 4);
  refused(table + 4, 0x0100, 2);  // an older revision
  refused(table + 6, 0x0ef1, 2);  // another kind
  refused(kOptionalHeader + 108, 4, 4);
}

// sbverify is another implementation of the standard than ours, and so is sbsign.
class WithSbsigntool : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("sbverify") || !find_program("sbsign")) GTEST_SKIP() << "sbsigntool is not installed";
    write_file(dir_.path() / "good.crt", sample_signer().certificate.pem());
    write_file(dir_.path() / "good.key", sample_signer().key.pem());
    write_file(dir_.path() / "other.crt", other_signer().certificate.pem());
  }
  int sbverify(const char* certificate, ByteView program) const {
    write_file(dir_.path() / "program", as_text(program));
    return run_process({.arguments = {"sbverify", "--cert", dir_.path() / certificate, dir_.path() / "program"}})
        .exit_code;
  }

  TempDir dir_{"keelson-test"};
};

TEST_F(WithSbsigntool, SbverifyAcceptsWhatWeSignAndNothingElse) {
  const Bytes made = signed_sample();
  EXPECT_EQ(sbverify("good.crt", made), 0);
  EXPECT_NE(sbverify("other.crt", made), 0);
  EXPECT_EQ(sbverify("other.crt", sign_program(made, "test.efi", other_signer())), 0);
  Bytes changed = made;
  changed[0x500] ^= std::byte{1};
  EXPECT_NE(sbverify("good.crt", changed), 0);
}

TEST_F(WithSbsigntool, WeAcceptWhatSbsignSigns) {
  write_file(dir_.path() / "program", as_text(sample()));
  require_process({.arguments = {"sbsign", "--key", dir_.path() / "good.key", "--cert", dir_.path() / "good.crt",
                                 "--output", dir_.path() / "signed", dir_.path() / "program"}},
                  "sign", "program");
  const std::string made = read_file(dir_.path() / "signed");
  EXPECT_TRUE(holds(as_bytes(made)));
  EXPECT_FALSE(holds(as_bytes(made), other_signer()));
}

}  // namespace
}  // namespace keelson::uki
