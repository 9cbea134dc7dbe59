#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/line_reporter.h"
#include "cli/output.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::cli {
namespace {

int run(std::vector<const char*> words) {
  words.insert(words.begin(), "keelson");
  return run_command_line(static_cast<int>(words.size()), words.data(), "/nonexistent");
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
  return "";
}

TEST(CommandLine, AMistypedVerbGetsASuggestion) {
  EXPECT_EQ(message_of([] { run({"biuld"}); }), "cannot run 'biuld': there is no such command | did you mean 'build'?");
}

TEST(CommandLine, AMistypedOptionGetsASuggestionAndNothingElseIsBlamed) {
  EXPECT_EQ(message_of([] {
              run({"build", "--formt", "raw", "recipe.yaml"});
            }),
            "cannot run 'build': it has no option '--formt' | did you mean '--format'?");
}

TEST(CommandLine, AnUnknownOptionOrAMissingArgumentIsAUsageError) {
  EXPECT_NE(message_of([] { run({"build", "--no-such-option", "x"}); }), "");
  EXPECT_NE(message_of([] { run({"validate"}); }), "");
  EXPECT_NE(message_of([] { run({"boot", "x", "--firmware", "coreboot"}); }), "");
}

TEST(CommandLine, AScriptsTimeIsADuration) {
  for (const char* command : {"build", "customize"}) {
    for (const char* time : {"0", "soon", "25h", "-5"}) {
      const std::string argument = std::string("--script-timeout=") + time;
      EXPECT_EQ(run({command, argument.c_str(), command[0] == 'b' ? "none.yaml" : "--config-file=none.yaml"}), 2);
    }
  }
}

TEST(CommandLine, EveryVerbHasASummaryADescriptionAndAnExampleThatStartsWithItself) {
  for (const auto& command : all_commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.description.empty()) << command.name;
    EXPECT_EQ(command.example.find("keelson " + command.name), 0u) << command.name;
  }
}

TEST(JsonReporter, EachEventIsOneLineOfJsonEvenWithBrokenUtf8) {
  const TempDir dir("cli-test");
  const auto path = dir.path() / "events";
  std::FILE* stream = std::fopen(path.c_str(), "w");
  {
    LineReporter reporter(stream, LineReporter::Style::Json, false);
    Step step(reporter, "fetching", 10, Reporter::Unit::Bytes);
    reporter.warn("bad \xff byte");
    step.set_result("done");
  }
  std::fclose(stream);
  const std::string text = read_file(path);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_TRUE(nlohmann::json::accept(text.substr(at, end - at)));
    at = end + 1;
    ++lines;
  }
  EXPECT_EQ(lines, 3u);
}

TEST(Output, AnErrorAsJsonHoldsKindMessageContextHintAndExitCode) {
  Error error(ErrorKind::Refused, "cannot verify 'x'", "run again");
  error.add_context("fetching");
  const auto json = nlohmann::json::parse(error_json(error));
  EXPECT_EQ(json["error"]["kind"], "refused");
  EXPECT_EQ(json["error"]["exitCode"], 5);
  EXPECT_EQ(json["error"]["context"][0], "fetching");
}

}  // namespace
}  // namespace keelson::cli
