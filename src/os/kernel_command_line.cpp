#include "os/kernel_command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace keelson::os {

namespace {

void append_checked(std::string& line, std::string_view argument) {
  const auto refuse = [&](std::string_view cause) {
    return Error(ErrorKind::BadInput, fmt::format("cannot put '{}' on the kernel command line: {}", argument, cause));
  };
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  argument = trim(argument);
  if (std::any_of(argument.begin(), argument.end(), is_control)) throw refuse("it holds a control character");
  if (std::count(argument.begin(), argument.end(), '"') % 2 != 0) throw refuse("it holds an unclosed quote");
  if (argument.empty()) return;
  if (!line.empty()) line += ' ';
  line += argument;
}

}  // namespace

std::string kernel_command_line(const recipe::Os& os, std::span<const std::string> base) {
  std::string line;
  for (const auto& argument : base) append_checked(line, argument);
  for (std::size_t i = 0; i < os.extra_kernel_command_line.size(); ++i) {
    with_context(fmt::format("reading 'os.kernelCommandLine.extraCommandLine[{}]'", i),
                 [&] { append_checked(line, os.extra_kernel_command_line[i]); });
  }
  if (line.size() > kKernelCommandLineLimit) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use the kernel command line: it has {} bytes, the kernel reads at most {}",
                            line.size(), kKernelCommandLineLimit),
                "shorten 'os.kernelCommandLine.extraCommandLine'");
  }
  return line;
}

}  // namespace keelson::os
