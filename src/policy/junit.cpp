#include <fmt/format.h>

#include "policy/report.h"

namespace keelson::policy {

namespace {

// XML 1.0, 2.2 and 2.4. Bytes that are no UTF-8 become '?', as do characters that XML does not have.
std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    std::size_t length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    bool good = length > 0 && byte < 0xf5 && at + length <= text.size();
    for (std::size_t i = 1; good && i < length; ++i) good = (static_cast<unsigned char>(text[at + i]) & 0xc0) == 0x80;
    // Surrogates, overlong forms, what is above U+10FFFF, U+FFFE and U+FFFF.
    if (good && length > 2) {
      const auto next = static_cast<unsigned char>(text[at + 1]);
      good = !((byte == 0xe0 && next < 0xa0) || (byte == 0xed && next > 0x9f) || (byte == 0xf0 && next < 0x90) ||
               (byte == 0xf4 && next > 0x8f) || text.substr(at, 3) == "\xef\xbf\xbe" ||
               text.substr(at, 3) == "\xef\xbf\xbf");
    }
    if (!good || (byte < 0x20 && byte != '\n' && byte != '\t')) {
      result += '?';
      ++at;
      continue;
    }
    switch (text[at]) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\n':
        result += "&#10;";
        break;
      case '\t':
        result += "&#9;";
        break;
      default:
        result += text.substr(at, length);
    }
    at += length;
  }
  return result;
}

std::string found_in(const Row& row) { return row.actual.empty() ? "not known" : row.actual; }

std::string inside_of(const Row& row) {
  const std::string message = fmt::format("{}: found {}, required {}", row.fact, found_in(row), row.expected);
  std::string more;
  if (!row.reason.empty()) more += fmt::format("why: {}\n", row.reason);
  if (!row.hint.empty()) more += fmt::format("hint: {}\n", row.hint);
  if (!row.waiver.empty()) more += fmt::format("waiver: {}\n", row.waiver);
  switch (row.verdict) {
    case Verdict::Pass:
      return "";
    case Verdict::Fail:
    case Verdict::Unknown:
      return fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", verdict_name(row.verdict),
                         escaped(message), escaped(more));
    case Verdict::Waived:
      return fmt::format("      <skipped>{}</skipped>\n", escaped("waived by " + row.waiver));
    case Verdict::NotApplicable:
      return "      <skipped>not applicable</skipped>\n";
    case Verdict::Warn:
      return fmt::format("      <system-out>{}</system-out>\n", escaped("warning: " + message + "\n" + more));
  }
  return "";
}

}  // namespace

std::string junit_xml(const Report& report, const std::string& subject) {
  const std::size_t failures = report.count(Verdict::Fail) + report.count(Verdict::Unknown);
  const std::size_t skipped = report.count(Verdict::Waived) + report.count(Verdict::NotApplicable);
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\"", report.rows.size(), failures);
  // Jenkins' schema has `skipped` of a suite, not of all suites; and of a test case as text, not as an attribute.
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite name=\"{1}\" {0} skipped=\"{2}\">\n",
      counts, escaped(report.policy), skipped);
  xml += fmt::format("    <properties>\n      <property name=\"image\" value=\"{}\"/>\n    </properties>\n",
                     escaped(subject));
  for (const auto& row : report.rows) {
    const std::string inside = inside_of(row);
    xml += fmt::format("    <testcase name=\"{}\" classname=\"{}\"{}", escaped(row.id),
                       escaped(report.policy + "." + row.fact),
                       inside.empty() ? "/>\n" : ">\n" + inside + "    </testcase>\n");
  }
  return xml + "  </testsuite>\n</testsuites>\n";
}

}  // namespace keelson::policy
