/// The kernel's command line: what the image itself needs, then what the recipe adds.
/// Source: Documentation/admin-guide/kernel-parameters.rst of Linux 6.12 (quoting, order).
#pragma once

#include <span>
#include <string>

#include "recipe/recipe.h"

namespace keelson::os {

/// Longest command line, in bytes: COMMAND_LINE_SIZE is 2048 on x86 and arm64 and counts the final NUL.
inline constexpr std::size_t kKernelCommandLineLimit = 2047;

/// Joins `base` (one argument each: "root=…", "rw") and os.kernelCommandLine.extraCommandLine (each may hold several)
/// by single spaces. The recipe comes last, so that it wins where the kernel takes the last value.
/// @throws Error(BadInput) for a control character or line break, an unclosed quote, or a line that is too long.
std::string kernel_command_line(const recipe::Os& os, std::span<const std::string> base);

}  // namespace keelson::os
