#include "cli/report_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "policy/report.h"
#include "sys/file.h"

namespace keelson::cli {

namespace fs = std::filesystem;

std::vector<Option> report_options(ReportFiles& files) {
  return {{"--sarif", "FILE", "write the verdicts as SARIF 2.1.0 too, for code scanning", &files.sarif},
          {"--junit", "FILE", "write them as JUnit XML too, for CI systems", &files.junit}};
}

void check_report_files(const ReportFiles& files, bool has_policy) {
  for (const auto& [option, file] : {std::pair("--sarif", &files.sarif), std::pair("--junit", &files.junit)}) {
    if (file->empty()) continue;
    if (!has_policy)
      throw Error(ErrorKind::Usage,
                  fmt::format("cannot use {}: there is no policy whose verdicts it could hold", option));
    const fs::path folder = fs::path(*file).parent_path();
    if (fs::is_directory(*file) || (!folder.empty() && !fs::is_directory(folder)))
      throw Error(ErrorKind::Usage,
                  fmt::format("cannot write '{}': {}", *file,
                              fs::is_directory(*file) ? "it is a folder" : "its folder is not there"));
  }
}

void write_report_files(const ReportFiles& files, const policy::Report& report, const std::string& subject) {
  if (!files.sarif.empty()) write_file_atomically(files.sarif, policy::sarif_json(report, subject).dump(1) + "\n");
  if (!files.junit.empty()) write_file_atomically(files.junit, policy::junit_xml(report, subject));
}

}  // namespace keelson::cli
