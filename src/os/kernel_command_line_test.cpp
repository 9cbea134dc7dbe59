#include "os/kernel_command_line.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::os {
namespace {

const std::vector<std::string> kBase{"root=PARTUUID=1", "rw"};

TEST(KernelCommandLine, TheRecipesArgumentsComeLastJoinedBySingleSpaces) {
  const recipe::Os os{.extra_kernel_command_line = {" console=ttyS0 ", "", "quiet audit=\"a b\""}};
  EXPECT_EQ(kernel_command_line(os, kBase), "root=PARTUUID=1 rw console=ttyS0 quiet audit=\"a b\"");
  EXPECT_EQ(kernel_command_line({}, kBase), "root=PARTUUID=1 rw");
}

TEST(KernelCommandLine, WhatTheKernelWouldCutOrMisreadIsRefused) {
  EXPECT_THROW(kernel_command_line({.extra_kernel_command_line = {"a\nb"}}, kBase), Error);
  EXPECT_THROW(kernel_command_line({.extra_kernel_command_line = {"a=\"b"}}, kBase), Error);
  EXPECT_NO_THROW(kernel_command_line({.extra_kernel_command_line = {std::string(2028, 'x')}}, kBase));
  EXPECT_THROW(kernel_command_line({.extra_kernel_command_line = {std::string(2029, 'x')}}, kBase), Error);
}

}  // namespace
}  // namespace keelson::os
