#include "node/carry_out.h"

#include <fmt/format.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "kube/json_text.h"
#include "sys/process.h"

namespace keelson::node {

namespace {

constexpr std::size_t kMostOutput = 1U << 20;
constexpr std::size_t kMostLine = 512;

// "" when it ended well, or why not.
std::string run_program(const UpdateProgram& program, const nlohmann::json& request) {
  try {
    const auto result = run_process({.arguments = program.command,
                                     .standard_input = kube::json_text(request) + "\n",
                                     .timeout = program.timeout,
                                     .output_limit = kMostOutput,
                                     .merge_output = true});
    if (result.timed_out)
      return fmt::format("the update program was stopped after {}", human_duration(program.timeout));
    if (result.exit_code == 0) return {};
    const std::string said = last_line(result.output);
    return said.empty() ? fmt::format("the update program ended with {}", result.exit_code) : said;
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

std::string last_line(std::string_view output) {
  std::string_view last;
  for (const auto line : split(output, '\n')) {
    if (!trim(line).empty()) last = trim(line);
  }
  std::string text = harmless_text(last);
  for (char& letter : text) {
    if (letter == '\t') letter = ' ';
  }
  if (text.size() > kMostLine) text = harmless_text(std::string_view(text).substr(0, kMostLine));
  return text;
}

void carry_out(const OperationFile& file, const UpdateProgram& program, const std::string& name,
               const std::string& boot_id) {
  const auto lock = file.lock();
  auto known = file.read();
  if (!known || known->name != name || known->phase != Phase::Asked) return;
  known->phase = Phase::Running;
  known->boot_id = boot_id;
  file.write(lock, *known);
  known->message = run_program(program, known->request);
  known->phase = known->message.empty() ? Phase::Installed : Phase::Failed;
  file.write(lock, *known);
}

}  // namespace keelson::node
