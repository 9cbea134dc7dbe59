#include <gtest/gtest.h>

#include "recipe/findings.h"
#include "recipe/read.h"

namespace keelson::recipe {
namespace {

std::string findings_of(std::string_view mode, std::string_view argument) {
  const std::string text = "os:\n  selinux: {mode: " + std::string(mode) +
                           "}\n  kernelCommandLine:\n    extraCommandLine: ['" + std::string(argument) + "']\n";
  return render_findings("test.yaml", parse_recipe(text, "test.yaml", "/nonexistent").findings);
}

TEST(CheckSelinux, AnArgumentThatUndoesTheModeIsAnError) {
  EXPECT_EQ(findings_of("force-enforcing", "quiet enforcing=0"),
            "test.yaml:4:24: error: kernel argument 'enforcing=0' contradicts 'os.selinux.mode: force-enforcing'\n"
            "  hint: leave it out: the mode brings its own arguments\n");
  for (const auto* argument : {"enforcing=0", "selinux=0", "security=apparmor", "lsm=lockdown,yama"})
    EXPECT_NE(findings_of("enforcing", argument), "") << argument;
  EXPECT_NE(findings_of("permissive", "enforcing=1"), "");
  EXPECT_NE(findings_of("disabled", "selinux=1"), "");
}

TEST(CheckSelinux, WhatAgreesMayStand) {
  for (const auto* argument : {"enforcing=1", "selinux=1", "security=selinux", "lsm=lockdown,selinux,bpf", "quiet"})
    EXPECT_EQ(findings_of("enforcing", argument), "") << argument;
  EXPECT_EQ(findings_of("disabled", "security=apparmor"), "");
  EXPECT_EQ(findings_of("permissive", "enforcing=0"), "");
}

}  // namespace
}  // namespace keelson::recipe
