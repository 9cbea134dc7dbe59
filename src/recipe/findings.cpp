#include "recipe/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace keelson::recipe {

namespace {

std::string_view severity_name(Severity severity) { return severity == Severity::Error ? "error" : "warning"; }

std::string_view kind_text(FindingKind kind) {
  switch (kind) {
    case FindingKind::Syntax:
      return "syntax";
    case FindingKind::Structure:
      return "structure";
    case FindingKind::Rule:
      return "rule";
    case FindingKind::Resource:
      return "resource";
    case FindingKind::Unsupported:
      return "unsupported";
    case FindingKind::ForBases:
      return "for-bases";
    case FindingKind::Preview:
      return "preview";
  }
  return "structure";
}

}  // namespace

void Findings::add(Finding finding) {
  if (findings_.size() < kLimit) {
    findings_.push_back(std::move(finding));
  } else if (findings_.size() == kLimit) {
    findings_.push_back({.kind = finding.kind,
                         .line = finding.line,
                         .column = finding.column,
                         .message = fmt::format("more than {} findings: the rest is not shown", kLimit)});
  }
}

bool Findings::has_errors() const { return recipe::has_errors(findings_); }

std::vector<Finding> Findings::take_sorted() {
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  return std::move(findings_);
}

bool has_errors(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.severity == Severity::Error; });
}

std::string render_findings(std::string_view file, const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += finding.file.empty() ? file : finding.file;
    if (finding.line > 0) text += fmt::format(":{}:{}", finding.line, finding.column);
    text += fmt::format(": {}: {}\n", severity_name(finding.severity), finding.message);
    if (!finding.hint.empty()) text += fmt::format("  hint: {}\n", finding.hint);
  }
  return text;
}

std::string findings_json(std::string_view file, const std::vector<Finding>& findings) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& finding : findings) {
    list.push_back({{"severity", severity_name(finding.severity)},
                    {"kind", kind_text(finding.kind)},
                    {"file", finding.file.empty() ? file : std::string_view(finding.file)},
                    {"path", finding.path},
                    {"line", finding.line},
                    {"column", finding.column},
                    {"message", finding.message},
                    {"hint", finding.hint}});
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string quote(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return shown + (text.size() > kLongest ? "…'" : "'");
}

}  // namespace keelson::recipe
