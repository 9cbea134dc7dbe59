/// For tests: a document judged by a JSON schema as another program understands both, python3-jsonschema.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::fleet::lifecycle {

/// Every complaint on a line of its own; nothing when python3-jsonschema and python3-yaml are not installed.
/// @param documents each YAML, or JSON, which is YAML.
inline std::optional<std::string> complaints_by_schema(const std::filesystem::path& schema,
                                                       const std::vector<std::string>& documents) {
  constexpr std::string_view kJudge = R"(
import json, sys
try:
    import jsonschema, yaml
except ModuleNotFoundError:
    sys.exit(3)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
for number, name in enumerate(sys.argv[2:]):
    value = json.loads(json.dumps(yaml.safe_load(open(name, encoding="utf-8")), default=str))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        print(number, "/".join(map(str, error.absolute_path)), error.message[:300])
)";
  const std::string python = std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  if (!find_program(python)) return std::nullopt;
  const TempDir folder("schema-judge");
  write_file(folder.path() / "judge.py", kJudge);
  std::vector<std::string> arguments{python, (folder.path() / "judge.py").string(), schema.string()};
  for (const auto& document : documents) {
    arguments.push_back((folder.path() / std::to_string(arguments.size())).string());
    write_file(arguments.back(), document);
  }
  const auto result = run_process({.arguments = arguments});
  if (result.exit_code == 3) return std::nullopt;
  return result.exit_code == 0 ? result.output : "the judge failed: " + result.error_output;
}

}  // namespace keelson::fleet::lifecycle
