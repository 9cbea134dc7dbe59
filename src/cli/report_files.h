/// A policy's verdicts as files for CI systems: the options --sarif and --junit.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "policy/judge.h"

namespace keelson::cli {

struct ReportFiles {
  std::string sarif;
  std::string junit;
};

/// The two options; `files` must live as long as they do.
std::vector<Option> report_options(ReportFiles& files);

/// Before work begins: a report that goes to a folder that is not there would be lost after it.
/// @throws Error(Usage) also when there is no policy that a report could be of.
void check_report_files(const ReportFiles& files, bool has_policy);

/// Writes what was asked for. @param subject the image's path.
void write_report_files(const ReportFiles& files, const policy::Report& report, const std::string& subject);

}  // namespace keelson::cli
