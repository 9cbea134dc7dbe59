/// For tests: a document judged by a JSON schema as another program understands both, python3-jsonschema.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::fleet::lifecycle {

/// Every complaint on a line of its own; nothing when python3-jsonschema and python3-yaml are not installed.
/// @param document YAML, or JSON, which is YAML.
inline std::optional<std::string> complaints_by_schema(const std::filesystem::path& schema, std::string_view document) {
  constexpr std::string_view kJudge = R"(
import json, sys
import jsonschema, yaml
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
value = json.loads(json.dumps(yaml.safe_load(open(sys.argv[2], encoding="utf-8")), default=str))
for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
    print("/".join(map(str, error.absolute_path)), error.message[:300])
)";
  const std::string python = std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  if (!find_program(python) || run_process({.arguments = {python, "-c", "import jsonschema, yaml"}}).exit_code != 0) {
    return std::nullopt;
  }
  const TempDir folder("schema-judge");
  write_file(folder.path() / "judge.py", kJudge);
  write_file(folder.path() / "document", document);
  const auto result = run_process({.arguments = {python, (folder.path() / "judge.py").string(), schema.string(),
                                                 (folder.path() / "document").string()}});
  return result.exit_code == 0 ? result.output : "the judge failed: " + result.error_output;
}

}  // namespace keelson::fleet::lifecycle
