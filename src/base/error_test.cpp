#include "base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace keelson {
namespace {

TEST(Error, RendersMessageFramesInnermostFirstAndHint) {
  try {
    with_context("building image 'host' (host.yaml:1)", [] {
      with_context("fetching packages",
                   [] { throw Error(ErrorKind::Refused, "cannot verify 'a.deb': digest differs", "run again"); });
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(render(error),
              "error: cannot verify 'a.deb': digest differs\n"
              "  while fetching packages\n"
              "  while building image 'host' (host.yaml:1)\n"
              "hint: run again\n");
  }
}

TEST(Error, EachKindHasItsOwnExitCode) {
  EXPECT_EQ(exit_code(ErrorKind::Usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::BadInput), 3);
  EXPECT_EQ(exit_code(ErrorKind::NotFound), 4);
  EXPECT_EQ(exit_code(ErrorKind::Refused), 5);
  EXPECT_EQ(exit_code(ErrorKind::Unavailable), 6);
  EXPECT_EQ(exit_code(ErrorKind::Internal), 70);
}

TEST(Error, AMissingFileIsNotFoundAndAFullDiskIsUnavailableWithAHint) {
  EXPECT_EQ(system_error("open", "/x", ENOENT).kind(), ErrorKind::NotFound);
  EXPECT_EQ(system_error("open", "/x", ENOENT).message(), "cannot open '/x': no such file or directory");
  EXPECT_EQ(system_error("write", "/x", ENOSPC).kind(), ErrorKind::Unavailable);
  EXPECT_FALSE(system_error("write", "/x", ENOSPC).hint().empty());
}

}  // namespace
}  // namespace keelson
