#include "machine/accelerator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "machine/qemu.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

using testing::HasSubstr;

// A program in QEMU's place that says and does what the test wants.
AcceleratorProbe probe(std::string_view script, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const TempDir folder("probe");
  const auto program = folder.path() / "qemu";
  write_file(program, "#!/bin/sh\n" + std::string(script), 0755);
  return probe_accelerator(program.native(), "amd64", limit);
}

class Probe : public testing::Test {
 protected:
  void SetUp() override {
    if (host_architecture() != "amd64") GTEST_SKIP() << "KVM is probed on amd64 only";
  }
};

TEST_F(Probe, FirmwareThatSpeaksUnderKvmProvesIt) {
  const auto result = probe("echo 'SeaBIOS (version 1.16)'; exec sleep 60\n");
  EXPECT_EQ(result.accelerator, Accelerator::Kvm);
}

TEST_F(Probe, AQemuThatAbortsMeansEmulationAndItsReasonIsKept) {
  const auto result = probe("echo 'failed to set MSR 0x10a to 0x69' >&2; kill -ABRT $$\n");
  EXPECT_EQ(result.accelerator, Accelerator::Emulation);
  EXPECT_THAT(result.reason, HasSubstr("failed to set MSR"));
}

TEST_F(Probe, AMachineThatStaysSilentIsGivenUpAtTheLimit) {
  const auto start = std::chrono::steady_clock::now();
  const auto result = probe("exec sleep 60\n", std::chrono::milliseconds(300));
  EXPECT_EQ(result.accelerator, Accelerator::Emulation);
  EXPECT_THAT(result.reason, HasSubstr("stayed silent"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(Probe, OutputWithoutEndDoesNotKeepTheProbe) {
  EXPECT_EQ(probe("while :; do echo nothing of interest; done\n").accelerator, Accelerator::Emulation);
}

TEST(ProbeOfAnotherArchitecture, IsEmulationWithoutStartingAnything) {
  const auto result =
      probe_accelerator("/nonexistent", host_architecture() == "amd64" ? "arm64" : "amd64", std::chrono::seconds(1));
  EXPECT_EQ(result.accelerator, Accelerator::Emulation);
}

}  // namespace
}  // namespace keelson::machine
