#include "machine/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::machine {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  // All that comes until every writer is gone.
  std::string drain() {
    write.reset();
    std::string text(4096, '\0');
    text.resize(read_up_to(read.get(), std::as_writable_bytes(std::span(text)), "pipe"));
    return text;
  }
  UniqueFd read;
  UniqueFd write;
};

TEST(Child, GetsItsDescriptorsItsEnvironmentAndNothingElse) {
  Pipe out;
  Pipe extra;
  Child child({.arguments = {"sh", "-c", "echo $TMPDIR; echo extra >&3; cat; ls /proc/self/fd"},
               .environment = {"TMPDIR=/somewhere"},
               .standard_output = out.write.get(),
               .extra = extra.write.get()});
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(extra.drain(), "extra\n");
  EXPECT_EQ(out.drain(), "/somewhere\n0\n1\n2\n3\n4\n");  // 4 is ls's own folder
}

TEST(Child, ThatIgnoresTermIsKilledWithItsWholeGroup) {
  Pipe out;
  Child child({.arguments = {"sh", "-c", "trap '' TERM; (trap '' TERM; sleep 60) & echo ready; sleep 60; sleep 60"},
               .standard_output = out.write.get()});
  std::array<std::byte, 6> ready{};
  read_up_to(out.read.get(), ready, "pipe");
  EXPECT_EQ(child.stop(std::chrono::milliseconds(100)), 128 + SIGKILL);
  EXPECT_EQ(out.drain(), "");  // returns only when the grandchild's end is closed, too
}

TEST(Child, IsGoneWhenItsObjectIs) {
  pid_t pid = 0;
  {
    Child child({.arguments = {"sleep", "60"}});
    pid = child.pid();
    EXPECT_FALSE(child.find_exit());
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(Child, DiesWhenItsParentIsKilled) {
  Pipe out;
  const pid_t parent = ::fork();
  if (parent == 0) {
    Child child({.arguments = {"sh", "-c", "echo started; exec sleep 60"}, .standard_output = out.write.get()});
    ::pause();
    ::_exit(0);
  }
  std::array<std::byte, 8> started{};
  read_up_to(out.read.get(), started, "pipe");
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_EQ(out.drain(), "");  // end of file: nobody holds the pipe any more
}

TEST(Child, AProgramThatIsNotThereIsNotFound) {
  try {
    Child child({.arguments = {"keelson-no-such-program"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
  }
}

}  // namespace
}  // namespace keelson::machine
