#include "inventory/copyright.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/deb822/stanza.h"
#include "inventory/license_synopsis.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kMostLicenses = 256;  // different ones of one package
constexpr std::size_t kLongestText = std::size_t{64} << 10;
constexpr std::size_t kMostReferences = 16;
constexpr std::string_view kAnd = " AND ";
constexpr std::string_view kNoText = "The copyright file names this licence and holds no text of it.";
constexpr std::string_view kCommonLicenses = "/usr/share/common-licenses/";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
}

// A field's continuation lines: each has a space in front, and "." stands for an empty one.
std::string text_of(std::string_view lines) {
  std::string text;
  for (std::string_view line : split(lines, '\n')) {
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (trim(line) == ".") line = "";
    if (text.size() + line.size() > kLongestText) break;
    text += line;
    text += '\n';
  }
  return std::string(trim(std::string_view(text)));
}

struct LicenseField {
  std::string_view synopsis;
  std::string_view lines;
};

LicenseField split_field(std::string_view value) {
  const std::size_t end = value.find('\n');
  if (end == std::string_view::npos) return {trim(value), {}};
  return {trim(value.substr(0, end)), value.substr(end + 1)};
}

// The file's licences: those that files have, and the texts that stand in stanzas of their own.
struct Statements {
  std::vector<LicenseField> used;
  std::map<std::string, std::string_view, std::less<>> texts;
  bool machine_readable = false;
};

void take_stanza(const deb822::Stanza& stanza, Statements& statements) {
  const bool header = stanza.has("Format") || stanza.has("Format-Specification");
  if (header) statements.machine_readable = true;
  if (!stanza.has("License")) return;
  const LicenseField field = split_field(stanza.find("License"));
  if (header || stanza.has("Files")) statements.used.push_back(field);
  if (!field.lines.empty()) statements.texts.emplace(field.synopsis, field.lines);
}

std::string license_ref(std::string_view name, std::string_view text) {
  std::string id;
  for (const char c : name.substr(0, 64)) {
    const bool kept = is_name_character(c) && c != '+';
    if (kept) id += c;
    if (!kept && !id.ends_with('-')) id += c == '+' ? "-or-later" : "-";
  }
  return fmt::format("LicenseRef-{}-{}", id.empty() ? "unnamed" : id,
                     sha256(fmt::format("{}\n{}", name, text)).hex().substr(0, 16));
}

// Builds the expression, one field after the other.
class Expression {
 public:
  explicit Expression(const Statements& statements) : statements_(statements) {}

  void add(const LicenseField& field) {
    const auto named = [&](std::string_view name) { return reference(name, field); };
    const std::string part = translate_synopsis(field.synopsis, named);
    const bool conjunction = part.find_first_of("()") == std::string::npos && part.find(" OR ") == std::string::npos;
    if (!conjunction) return add_part(part);
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t end = part.find(kAnd, at);
      add_part(part.substr(at, end == std::string::npos ? end : end - at));
      at = end == std::string::npos ? end : end + kAnd.size();
    }
  }

  bool is_too_long() const { return parts_.size() > kMostLicenses || references_.size() > kMostLicenses; }

  PackageLicense finish() {
    PackageLicense license;
    for (const auto& part : parts_) {
      const bool wrap = parts_.size() > 1 && part.find(" OR ") != std::string::npos && !is_wrapped(part);
      license.expression +=
          fmt::format(fmt::runtime(wrap ? "{}({})" : "{}{}"), license.expression.empty() ? "" : kAnd, part);
    }
    for (auto& [id, extracted] : references_) license.extracted.push_back(std::move(extracted));
    return license;
  }

 private:
  void add_part(std::string part) {
    if (std::find(parts_.begin(), parts_.end(), part) == parts_.end()) parts_.push_back(std::move(part));
  }

  static bool is_wrapped(std::string_view part) { return part.starts_with('(') && part.find(')') == part.size() - 1; }

  std::string reference(std::string_view name, const LicenseField& field) {
    std::string_view lines = name == field.synopsis ? field.lines : std::string_view();
    if (const auto own = statements_.texts.find(name); lines.empty() && own != statements_.texts.end())
      lines = own->second;
    if (lines.empty()) lines = field.lines;
    std::string text = text_of(lines);
    if (text.empty()) text = kNoText;
    auto license = extracted_license(name, text);
    const std::string id = license.id;
    references_.emplace(id, std::move(license));
    return id;
  }

  const Statements& statements_;
  std::vector<std::string> parts_;
  std::map<std::string, ExtractedLicense> references_;
};

std::string note_of_free_form(std::string_view text) {
  std::set<std::string> names;
  for (std::size_t at = text.find(kCommonLicenses); at != std::string_view::npos && names.size() < kMostReferences;
       at = text.find(kCommonLicenses, at)) {
    at += kCommonLicenses.size();
    std::size_t end = at;
    while (end < text.size() && end - at < 32 && is_name_character(text[end])) ++end;
    std::string name(text.substr(at, end - at));
    while (name.ends_with('.')) name.pop_back();  // the sentence's
    if (!name.empty()) names.insert(std::move(name));
  }
  if (names.empty()) return "the copyright file is free-form text";
  return fmt::format("the copyright file is free-form text that refers to {} in /usr/share/common-licenses",
                     join_words(std::vector<std::string>(names.begin(), names.end())));
}

}  // namespace

ExtractedLicense extracted_license(std::string_view name, std::string_view text) {
  return {license_ref(name, text), std::string(name.empty() ? "unnamed" : name), std::string(text)};
}

PackageLicense read_copyright(std::string_view text) {
  if (text.size() > kLargestCopyright)
    return {.expression = {}, .note = "the copyright file is too large", .extracted = {}};
  Statements statements;
  try {
    deb822::parse_stanzas(text, "copyright", [&](const deb822::Stanza& stanza) { take_stanza(stanza, statements); });
  } catch (const Error&) {
    if (!statements.machine_readable) return {.expression = {}, .note = note_of_free_form(text), .extracted = {}};
    return {.expression = {}, .note = "the copyright file claims to be machine-readable and is not", .extracted = {}};
  }
  if (!statements.machine_readable) return {.expression = {}, .note = note_of_free_form(text), .extracted = {}};
  Expression expression(statements);
  for (const auto& field : statements.used) {
    expression.add(field);
    if (expression.is_too_long())
      return {.expression = {}, .note = "the copyright file names too many licences", .extracted = {}};
  }
  PackageLicense license = expression.finish();
  if (license.expression.empty()) license.note = "the copyright file names no licence";
  return license;
}

}  // namespace keelson::inventory
