/// What starting a child needs, whether in the sandbox or out of it.
#pragma once

#include <sys/resource.h>

#include <string>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson {

/// Both ends closed on exec. @throws Error(Unavailable) when there are no descriptors left.
struct Pipe {
  Pipe();
  UniqueFd read;
  UniqueFd write;
};

/// The words as execve(2) takes them, with the null pointer at the end. They point into `words`, which must stay.
std::vector<char*> exec_words(const std::vector<std::string>& words);

/// User and system time together.
double cpu_seconds(const rusage& usage);

/// As shells say it: the exit code, or 128 + the signal that ended it. @param status of wait(2).
int exit_code_of(int status);

}  // namespace keelson
