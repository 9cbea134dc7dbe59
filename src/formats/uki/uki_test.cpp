#include "formats/uki/uki.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/uki/pe_checksum.h"
#include "formats/uki/sample_pe.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::uki {
namespace {

std::string build(const UkiParts& parts, const std::filesystem::path& path) {
  const UniqueFd fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC);
  write_uki([&](ByteView piece) { write_all(fd.get(), piece, "test image"); }, parts);
  return read_file(path);
}

class Uki : public testing::Test {
 protected:
  std::string write() {
    return build({.stub = as_bytes(stub_),
                  .linux = as_bytes(kernel_),
                  .initrd = as_bytes(initrd_),
                  .cmdline = "root=auto quiet",
                  .os_release = "ID=debian\n",
                  .uname = "6.12"},
                 path());
  }
  std::string refusal() {
    try {
      write();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "accepted";
  }
  std::filesystem::path path() const { return folder_.path() / "test.efi"; }

  TempDir folder_{"uki"};
  std::string stub_ = sample_pe();
  std::string kernel_ = sample_pe();
  std::string initrd_ = std::string(1234, 'i');
};

TEST_F(Uki, EverySectionIsReadBackAsItWasGiven) {
  const std::string bytes = write();
  const UkiView view = parse_uki(as_bytes(bytes), "test.efi");
  EXPECT_EQ(as_text(view.linux), kernel_);
  EXPECT_EQ(as_text(view.initrd), initrd_);
  EXPECT_EQ(view.cmdline, "root=auto quiet");
  EXPECT_EQ(view.os_release, "ID=debian\n");
  EXPECT_EQ(view.uname, "6.12");
  EXPECT_EQ(as_text(*find_section(as_bytes(bytes), view.image, ".sbat")).substr(0, 6), "sbat,1");
}

TEST_F(Uki, SectionsAreAlignedAndTheImageSizeCoversThem) {
  const std::string bytes = write();
  const PeImage image = parse_pe(as_bytes(bytes), "test.efi");
  ASSERT_EQ(image.sections.size(), 7u);
  for (const Section& section : image.sections) {
    EXPECT_EQ(section.virtual_address % 0x1000, 0u) << section.name;
    EXPECT_EQ(section.raw_offset % 0x200, 0u) << section.name;
    EXPECT_EQ(section.raw_size % 0x200, 0u) << section.name;
  }
  EXPECT_EQ(image.sections.back().name, ".linux");
  const Section& last = image.sections.back();
  EXPECT_EQ(image.size_of_image, (last.virtual_address + last.virtual_size + 0xfff) / 0x1000 * 0x1000);
  EXPECT_EQ(bytes.size(), last.raw_offset + last.raw_size);
}

TEST_F(Uki, TheSamePartsGiveTheSameBytes) { EXPECT_EQ(write(), write()); }

TEST_F(Uki, TheChecksumIsThatOfTheFileWithItsFieldZeroed) {
  std::string bytes = write();
  const PeImage image = parse_pe(as_bytes(bytes), "test.efi");
  const std::uint32_t stored = ByteReader(as_bytes(bytes), "x").u32le(image.optional_header + 64);
  bytes.replace(image.optional_header + 64, 4, std::string(4, '\0'));
  std::uint64_t sum = 0;  // the plain way, word by word
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += ByteReader(as_bytes(bytes), "x").u16le(i);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  EXPECT_EQ(stored, sum + bytes.size());
}

TEST(PeChecksum, DoesNotDependOnHowTheFileIsCut) {
  const std::string bytes = "abcdefghijk";
  PeChecksum whole;
  whole.update(as_bytes(bytes));
  PeChecksum cut;
  cut.update(as_bytes(bytes.substr(0, 3)));
  cut.update({});
  cut.update(as_bytes(bytes.substr(3, 1)));
  cut.update(as_bytes(bytes.substr(4)));
  EXPECT_EQ(whole.finish(), cut.finish());
}

TEST_F(Uki, ASignatureOfTheStubIsDropped) {
  const std::size_t directory = 0x40 + 4 + 20 + 112 + 4 * 8;
  stub_.replace(directory, 8, std::string("\x00\x08\x00\x00\x10\x00\x00\x00", 8));
  stub_ += std::string(16, 'S');
  const std::string bytes = write();
  EXPECT_EQ(bytes.substr(directory, 8), std::string(8, '\0'));
  EXPECT_EQ(bytes.find(std::string(16, 'S')), std::string::npos);
}

TEST_F(Uki, WithoutAnInitrdThereIsNoSuchSection) {
  initrd_.clear();
  const std::string bytes = write();
  EXPECT_FALSE(find_section(as_bytes(bytes), parse_pe(as_bytes(bytes), "x"), ".initrd"));
}

TEST_F(Uki, AStubForAnotherMachineIsRefused) {
  stub_ = sample_pe(kMachineArm64);
  EXPECT_EQ(refusal(), "cannot write unified kernel image: the stub is for machine 0xaa64, the kernel for 0x8664");
  kernel_ = sample_pe(kMachineArm64);
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(Uki, AStubWithoutRoomOrAKernelThatIsNoProgramIsRefused) {
  stub_ = sample_pe(kMachineAmd64, 0x200);
  EXPECT_THAT(refusal(), testing::HasSubstr("no room for further section headers"));
  stub_ = sample_pe();
  kernel_ = "not a kernel";
  EXPECT_THAT(refusal(), testing::HasSubstr("does not begin with 'MZ'"));
  kernel_.clear();
  EXPECT_THAT(refusal(), testing::HasSubstr("there is no kernel"));
}

TEST_F(Uki, AUkiIsNotTakenForAStub) {
  stub_ = write();
  EXPECT_THAT(refusal(), testing::HasSubstr("already has a section .linux"));
}

class CommandLine : public Uki {
 protected:
  static std::string changed(const std::string& bytes, const std::string& line) {
    std::string result;
    write_with_command_line([&](ByteView piece) { result += as_text(piece); }, as_bytes(bytes), "test.efi", line);
    return result;
  }
};

TEST_F(CommandLine, EverythingElseOfAnImageStaysAsItIs) {
  const std::string before = write();
  for (const std::string& line : {std::string("short"), std::string(5000, 'x')}) {
    const std::string after = changed(before, line);
    const UkiView view = parse_uki(as_bytes(after), "test.efi");
    EXPECT_EQ(view.cmdline, line);
    EXPECT_EQ(as_text(view.linux), kernel_);
    EXPECT_EQ(as_text(view.initrd), initrd_);
    EXPECT_EQ(view.os_release, "ID=debian\n");
    EXPECT_EQ(view.uname, "6.12");
    EXPECT_EQ(view.image.sections.back().name, ".linux");
    EXPECT_EQ(as_text(*find_section(as_bytes(after), view.image, ".sbat")).substr(0, 6), "sbat,1");
  }
}

TEST_F(CommandLine, TheSameCommandLineGivesTheSameImage) {
  const std::string before = write();
  EXPECT_EQ(changed(before, "root=auto quiet"), before);
  EXPECT_EQ(changed(changed(before, std::string(9000, 'x')), "root=auto quiet"), before);
}

TEST_F(CommandLine, AnImageWithoutOneGetsOneAndAStubIsMadeAnAddon) {
  const std::string addon = changed(stub_, "audit=0");
  const PeImage image = parse_pe(as_bytes(addon), "addon");
  EXPECT_EQ(as_text(*find_section(as_bytes(addon), image, ".cmdline")), "audit=0");
  EXPECT_THROW(changed(stub_, ""), Error);
}

TEST_F(CommandLine, WhatDependsOnItOrCannotBeMovedIsRefused) {
  std::string bytes = write();
  const auto name = bytes.find(".uname");
  for (const std::string_view other : {".pcrsig\0", ".profile", ".text2\0\0"}) {
    bytes.replace(name, 8, (std::string(other) + std::string(8, '\0')).substr(0, 8));
    EXPECT_THROW(changed(bytes, "x"), Error) << other;
  }
}

TEST_F(CommandLine, PoliciesAreAddedReplacedAndDropped) {
  const auto with = [](const std::string& bytes, std::string_view key, std::string_view signature) {
    std::string result;
    write_with_command_line([&](ByteView piece) { result += as_text(piece); }, as_bytes(bytes), "test.efi", "a b",
                            SignedPolicies{.public_key = key, .signature = signature});
    return result;
  };
  const auto section = [](const std::string& bytes, std::string_view name) {
    const auto found = find_section(as_bytes(bytes), parse_pe(as_bytes(bytes), "x"), name);
    return found ? std::string(as_text(*found)) : "none";
  };
  const std::string before = write();
  const std::string first = with(before, "key", "policies");
  EXPECT_EQ(section(first, ".pcrpkey"), "key");
  EXPECT_EQ(section(first, ".pcrsig"), "policies");
  EXPECT_EQ(section(first, ".cmdline"), "a b");
  EXPECT_EQ(parse_pe(as_bytes(first), "x").sections.back().name, ".linux");
  EXPECT_THROW(changed(first, "a b"), Error);  // they would no longer hold
  const std::string second = with(first, "other", "of the other");
  EXPECT_EQ(section(second, ".pcrpkey"), "other");
  EXPECT_EQ(section(second, ".pcrsig"), "of the other");
  EXPECT_EQ(section(with(second, "other", ""), ".pcrsig"), "none");
  EXPECT_EQ(with(second, "key", "policies"), first);
}

TEST_F(CommandLine, ASignatureIsSeenAndDropped) {
  std::string bytes = write();
  EXPECT_FALSE(has_signature(as_bytes(bytes)));
  const std::size_t directory = 0x40 + 4 + 20 + 112 + 4 * 8;
  bytes.replace(directory, 8, std::string("\x00\x08\x00\x00\x10\x00\x00\x00", 8));
  EXPECT_TRUE(has_signature(as_bytes(bytes)));
  EXPECT_FALSE(has_signature(as_bytes(changed(bytes, "x"))));
}

TEST(Pe, AProgramIsToldByItsBeginning) {
  const std::string bytes = sample_pe();
  EXPECT_TRUE(looks_like_program(as_bytes(bytes)));
  for (std::size_t size = 0; size < 0x40 + 4 + 20 + 112; ++size)
    EXPECT_FALSE(looks_like_program(as_bytes(bytes).first(size))) << size;
  for (const std::size_t offset : {0, 0x3f, 0x40, 0x58}) {
    std::string broken = bytes;
    broken[offset] = 'x';
    EXPECT_FALSE(looks_like_program(as_bytes(broken))) << offset;
  }
}

TEST(Pe, EveryTruncationIsRefused) {
  const std::string bytes = sample_pe();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(parse_pe(as_bytes(bytes.substr(0, size)), "cut"), Error) << size;
  }
}

TEST(Pe, SectionsThatOverlapOrLieBeyondTheEndAreRefused) {
  const std::size_t table = 0x40 + 4 + 20 + 240;
  std::string bytes = sample_pe();
  bytes[table + 40 + 13] = 0x10;  // .sbat at 0x1000, where .text is
  EXPECT_THROW(parse_pe(as_bytes(bytes), "overlap"), Error);
  bytes = sample_pe();
  bytes[table + 40 + 22] = 0x7f;
  EXPECT_THROW(parse_pe(as_bytes(bytes), "beyond"), Error);
}

TEST_F(Uki, ObjdumpListsTheSectionsAndItsCopiesAreOurs) {
  if (!find_program("objdump") || !find_program("objcopy")) GTEST_SKIP() << "binutils are not installed";
  write();
  const std::string list = require_process({.arguments = {"objdump", "-h", path().native()}}, "list", "test.efi");
  for (const char* name : {".osrel", ".cmdline", ".uname", ".initrd", ".linux", ".sbat"}) {
    EXPECT_THAT(list, testing::HasSubstr(name));
  }
  const std::string copy = folder_.path() / "initrd";
  require_process({.arguments = {"objcopy", "-O", "binary", "--only-section=.initrd", path().native(), copy}}, "copy",
                  "test.efi");
  EXPECT_EQ(read_file(copy).substr(0, initrd_.size()), initrd_);
}

}  // namespace
}  // namespace keelson::uki
