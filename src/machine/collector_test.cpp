#include "machine/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "machine/facts.h"
#include "machine/sections.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The script as it is, but for its places; the programs that ask a system are played.
class Collector : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!find_program(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
    fs::create_directories(folder_.path() / "bin");
    play("systemctl",
         "case $1 in is-*) echo running;; show) echo Version=257;; list-*)\n"
         "echo 'a.service loaded active running \xc3\xa4\xff'; echo 'b.service loaded failed failed B';; esac");
    play("systemd-analyze", R"(echo '[{"unit":"a.service","exposure":"9.4","predicate":"UNSAFE","happy":""}]')");
    play("find", "echo '4755 root root /usr/bin/su'");
    play("dmesg", "echo 'no denial'");
    play("containerd", "echo containerd github.com/containerd/containerd v1.7.24 x");
    play("runc", "exit 1");
    play("ctr",
         "case $4 in import) echo 'unpacking keelson/probe:latest (sha256:1)...done';; esac\n"
         "case $3 in run) echo \"hello-from-container $5\"; echo oops >&2; exit 3;; esac");
    write_file(folder_.path() / "disk", "an archive");
    write_file(folder_.path() / "port", "");
  }

  void play(const std::string& name, const std::string& body) {
    write_file(folder_.path() / "bin" / name, "#!/bin/sh\n" + body + "\n", 0755);
  }

  Sections collect(bool container) {
    std::string script = collector_credentials({.container = container})[0].content;
    const auto here = [&](const char* name) { return (folder_.path() / name).native(); };
    replace(script, "PATH=/usr/sbin", "PATH=" + here("bin") + ":/usr/sbin");
    replace(script, "/dev/virtio-ports/keelson.facts", here("port"));
    replace(script, "/dev/disk/by-id/virtio-keelson-oci", here("disk"));
    replace(script, "/run/keelson-check", here("work"));
    const auto result = run_process({.arguments = {GetParam(), "-c", script}, .timeout = std::chrono::seconds(60)});
    EXPECT_EQ(result.exit_code, 0) << result.error_output;
    return parse_sections(read_file(here("port")));
  }

  static void replace(std::string& text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    text.replace(at, what.size(), by);
  }

  TempDir folder_{"collector"};
};

TEST_P(Collector, SendsSectionsWhoseLengthsAreRight) {
  const Sections sections = collect(false);
  EXPECT_EQ(section_text(sections, "state"), "running");
  EXPECT_EQ(section_text(sections, "setuid"), "4755 root root /usr/bin/su");
  EXPECT_EQ(section_text(sections, "kernel-log"), "log-read-to-its-end");
  EXPECT_THAT(section_text(sections, "uname"), HasSubstr("Linux "));
  EXPECT_THAT(section_text(sections, "meminfo"), HasSubstr("MemAvailable:"));
  EXPECT_THAT(section_text(sections, "units"), HasSubstr("\xc3\xa4?"));  // bytes were counted, not signs
  EXPECT_TRUE(sections.contains("selinux-enforce"));                     // also where there is no such file
  EXPECT_FALSE(sections.contains("container-exit"));
}

TEST_P(Collector, GivesEveryFactThatItIsAskedFor) {
  const auto facts = facts_from_sections(collect(false));
  EXPECT_EQ(facts["versions"]["containerd"], "1.7.24");
  EXPECT_EQ(facts["services"], (nlohmann::json{{"a", "active"}, {"b", "failed"}}));
  EXPECT_EQ(facts["system"]["failedUnits"], nlohmann::json::array({"b.service"}));
  EXPECT_EQ(facts["security"]["exposure"]["services"], (nlohmann::json{{"a", 9.4}}));
  EXPECT_EQ(facts["setuid"]["count"], 1);
  EXPECT_EQ(facts["security"]["denials"]["count"], 0);
  EXPECT_GT(facts["mounts"].size(), 0u);
  EXPECT_FALSE(facts["versions"].contains("runc"));
}

TEST_P(Collector, RunsTheContainerUnderTheNameThatItsImportGave) {
  const auto facts = facts_from_sections(collect(true));
  EXPECT_THAT(facts["container"]["import"], HasSubstr("unpacking keelson/probe:latest"));
  EXPECT_EQ(facts["container"]["output"], "hello-from-container keelson/probe:latest");
  EXPECT_EQ(facts["container"]["error"], "oops");
  EXPECT_EQ(facts["container"]["exitCode"], 3);
}

INSTANTIATE_TEST_SUITE_P(Shells, Collector, testing::Values("dash", "bash"));

}  // namespace
}  // namespace keelson::machine
