#include "node/carry_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::node {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class CarryOut : public ::testing::Test {
 protected:
  void ask(const std::string& name) {
    file_.write(file_.lock(), {.name = name, .boot_id = "b0", .request = {{"name", name}, {"node", "n1"}}});
  }
  KnownOperation run(const std::string& script, std::chrono::seconds timeout = 60s) {
    carry_out(file_, {.command = {"sh", "-c", script, "sh", folder_.path().native()}, .timeout = timeout}, "a", "b1");
    return *file_.read();
  }
  std::string text(const char* name) { return read_file(folder_.path() / name); }

  TempDir folder_{"carry-out"};
  OperationFile file_{folder_.path() / "state"};
};

TEST_F(CarryOut, TheProgramGetsTheOperationAndItsEndIsKept) {
  ask("a");
  const auto known = run("cat > $1/got; echo done");
  EXPECT_EQ(known.phase, Phase::Installed);
  EXPECT_EQ(known.boot_id, "b1");
  EXPECT_EQ(known.message, "");
  EXPECT_EQ(text("got"), "{\"name\":\"a\",\"node\":\"n1\"}\n");
}

TEST_F(CarryOut, AFailureKeepsTheLastLine) {
  ask("a");
  auto known = run("echo writing; printf 'no space\\tleft\\033\\n\\n' >&2; exit 3");
  EXPECT_EQ(known.phase, Phase::Failed);
  EXPECT_EQ(known.message, "no space left?");
  ask("a");
  EXPECT_EQ(run("exit 3").message, "the update program ended with 3");
  ask("a");
  EXPECT_THAT(run("sleep 60", 1s).message, HasSubstr("stopped after 1 s"));
  ask("a");
  carry_out(file_, {.command = {"/nowhere/update"}}, "a", "b1");
  EXPECT_THAT(file_.read()->message, HasSubstr("/nowhere/update"));
}

TEST_F(CarryOut, NothingButWhatIsAskedForBegins) {
  carry_out(file_, {.command = {"false"}}, "a", "b1");
  EXPECT_FALSE(file_.read());
  ask("other");
  run("touch $1/ran");
  EXPECT_EQ(file_.read()->phase, Phase::Asked);
  for (const auto phase : {Phase::Running, Phase::Installed, Phase::Failed}) {
    file_.write(file_.lock(), {.name = "a", .phase = phase, .boot_id = "b0", .request = nlohmann::json::object()});
    EXPECT_EQ(run("touch $1/ran").phase, phase);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "ran"));
}

TEST_F(CarryOut, TwoAtOnceRunItOnce) {
  ask("a");
  const auto go = [&] { run("echo once >> $1/runs; sleep 0.2"); };
  std::thread other(go);
  go();
  other.join();
  EXPECT_EQ(text("runs"), "once\n");
}

TEST_F(CarryOut, ADamagedFileIsRefused) {
  for (const char* damaged :
       {"", "{", "[]", R"({"keelsonOperation":2,"name":"a","phase":"asked","bootID":"b","request":{}})",
        R"({"keelsonOperation":1,"name":"a","phase":"gone","bootID":"b","request":{}})"}) {
    write_file(file_.folder() / "operation.json", damaged);
    EXPECT_THROW(file_.read(), Error) << damaged;
  }
}

TEST_F(CarryOut, ALockGoesWithItsHolder) {
  auto held = std::make_optional(file_.lock());
  EXPECT_FALSE(file_.try_lock());
  held.reset();
  EXPECT_TRUE(file_.try_lock());
}

TEST(LastLine, IsShortAndHarmless) {
  EXPECT_EQ(last_line("a\nb\n \n"), "b");
  EXPECT_EQ(last_line(""), "");
  EXPECT_LE(last_line(std::string(100'000, 'x')).size(), 512U);
  EXPECT_LE(last_line(std::string(511, 'x') + "äöü").size(), 514U);
}

}  // namespace
}  // namespace keelson::node
