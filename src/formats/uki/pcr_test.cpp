#include "formats/uki/pcr.h"

#include <gtest/gtest.h>

#include <array>

#include "base/error.h"
#include "formats/uki/pe.h"
#include "formats/uki/sample_pe.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::uki {
namespace {

constexpr std::string_view kMeasure = "/usr/lib/systemd/systemd-measure";
constexpr std::array<std::string_view, 1> kInitrdPhase{"enter-initrd"};

struct Part {
  std::string_view name;
  std::string_view content;
  std::size_t memory = 0;  // beyond the content
};

// sample_pe() with other names and contents of its two sections.
Bytes program(const Part& first, const Part& second) {
  const std::string sample = sample_pe();
  Bytes bytes(as_bytes(sample).begin(), as_bytes(sample).end());
  const auto put_text = [&](std::size_t at, std::string_view text, std::size_t room) {
    for (std::size_t i = 0; i < room; ++i) bytes[at + i] = static_cast<std::byte>(i < text.size() ? text[i] : '\0');
  };
  const auto put = [&](const Part& part, std::size_t header, std::size_t content) {
    put_text(header, part.name, 8);
    put_le(bytes, header + 8, part.content.size() + part.memory, 4);
    put_text(content, part.content, 0x200);
  };
  constexpr std::size_t kTable = 0x58 + 240;
  put(first, kTable, 0x400);
  put(second, kTable + 40, 0x600);
  return bytes;
}

Sha256 pcr_of(const Part& first, const Part& second, std::span<const std::string_view> phases = {}) {
  return predict_pcr11(program(first, second), "test.efi", phases);
}

const Part kKernel{".linux", "kernel"};
const Part kLine{".cmdline", "quiet"};

TEST(Pcr11, NothingMeasuredLeavesItZero) { EXPECT_EQ(pcr_of({".text", "a"}, {".pcrsig", "b"}), Sha256{}); }

TEST(Pcr11, ContentNamesAndPhasesCountAndTheOrderInTheFileDoesNot) {
  const Sha256 one = pcr_of(kKernel, kLine);
  EXPECT_EQ(one, pcr_of(kLine, kKernel));
  EXPECT_NE(one, pcr_of(kKernel, {".osrel", "quiet"}));
  EXPECT_NE(one, pcr_of(kKernel, {".cmdline", "quieT"}));
  EXPECT_NE(one, pcr_of(kKernel, kLine, kInitrdPhase));
}

TEST(Pcr11, WhatASectionHasInMemoryBeyondTheFileIsZero) {
  const Part longer{".cmdline", "quiet", 0x800};
  EXPECT_NE(pcr_of(kKernel, kLine), pcr_of(kKernel, longer));
  EXPECT_EQ(pcr_of(kKernel, {".cmdline", "quiet", 3}),
            pcr_of(kKernel, {".cmdline", std::string_view("quiet\0\0\0", 8)}));
}

TEST(Pcr11, OfAnImageWithProfilesIsRefused) { EXPECT_THROW(pcr_of(kKernel, {".profile", "x"}), Error); }

// What systemd-measure 252.39 calculated of the same two sections: another implementation than ours.
TEST(Pcr11, SystemdMeasureCalculatedTheSame) {
  EXPECT_EQ(pcr_of(kKernel, kLine, kInitrdPhase).hex(),
            "67f3c9421654cc2182fdafac72d78634e85a99af6d9746004bbef3d77d1b1fb4");
}

// And the one that is installed, if there is one.
TEST(Pcr11, SystemdMeasureCalculatesTheSame) {
  if (!std::filesystem::exists(kMeasure)) GTEST_SKIP() << "systemd-measure is not installed";
  const TempDir dir("keelson-test");
  const auto file = [&](const Part& part) {
    const auto path = dir.path() / part.name.substr(1);
    write_file(path, part.content);
    return path.native();
  };
  const auto result =
      run_process({.arguments = {std::string(kMeasure), "calculate", "--bank=sha256", "--phase=enter-initrd",
                                 "--linux=" + file(kKernel), "--cmdline=" + file(kLine)}});
  ASSERT_EQ(result.exit_code, 0) << result.error_output;
  EXPECT_NE(result.output.find(pcr_of(kKernel, kLine, kInitrdPhase).hex()), std::string::npos) << result.output;
}

}  // namespace
}  // namespace keelson::uki
