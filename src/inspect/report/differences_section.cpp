#include <fmt/format.h>

#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostPackages = 2000;
constexpr std::size_t kMostFacts = 500;
constexpr std::size_t kMostFiles = 500;     // of a group
constexpr std::size_t kLongestValue = 400;  // bytes of a fact

std::string minus(const std::string& html) {
  return html.empty() ? "" : fmt::format("<div class=\"minus\">− {}</div>", html);
}
std::string plus(const std::string& html) {
  return html.empty() ? "" : fmt::format("<div class=\"plus\">+ {}</div>", html);
}

std::string packages(const json& rows) {
  if (!rows.is_array()) return {};
  if (rows.empty()) return "<h3>Packages</h3>\n<p>None differs.</p>\n";
  Table table("Packages that differ", {"Package", "Change", "Before", "After"});
  for (const auto& row : rows) {
    if (table.rows() >= kMostPackages) {
      table.left_out(1);
      continue;
    }
    table.row({shown(fact_text(row, "/name")), shown(fact_text(row, "/change")), as_code(fact_text(row, "/from")),
               as_code(fact_text(row, "/to"))});
  }
  return "<h3>Packages</h3>\n" + table.html();
}

std::string facts(const json& rows) {
  if (!rows.is_array()) return {};
  if (rows.empty()) return "<h3>Facts</h3>\n<p>None differs.</p>\n";
  Table table("Facts that differ", {"Fact", "Difference"});
  for (const auto& row : rows) {
    if (table.rows() >= kMostFacts) {
      table.left_out(1);
      continue;
    }
    std::string difference;
    for (const char* place : {"/from", "/removed"}) difference += minus(as_code(fact_text(row, place), kLongestValue));
    for (const char* place : {"/to", "/added"}) difference += plus(as_code(fact_text(row, place), kLongestValue));
    const std::string why = fact_text(row, "/why");
    table.row(
        {as_code(fact_text(row, "/fact")) + (why.empty() ? "" : fmt::format("<div class=\"why\">{}</div>", shown(why))),
         difference});
  }
  return "<h3>Facts</h3>\n" + folded(counted(rows.size(), "fact"), table.html());
}

std::string how(const json& file) {
  std::string what;
  for (const auto& word : fact_at(file, "/what")) what += (what.empty() ? "" : ", ") + fact_words(word);
  if (what.empty()) what = fact_text(file, "/change");
  const std::string details = fact_text(file, "/details");
  return shown(details.empty() ? what : what + ": " + details, kLongestValue);
}

void put_files(Table& table, const json& list, const std::string& package) {
  for (const auto& file : list) {
    if (table.rows() >= kMostFiles) {
      table.left_out(1);
    } else {
      table.row({as_code(fact_text(file, "/path")), how(file), shown(package)});
    }
  }
}

std::string group(std::string_view title, const Table& table, std::size_t count) {
  if (count == 0) return {};
  return folded(fmt::format("{} ({})", title, count), table.html());
}

// Of packages by their names, which are an image's.
std::string by_package(std::string_view title, const json& groups) {
  Table table(title, {"File", "Change", "Package"});
  std::size_t count = 0;
  if (!groups.is_object()) return {};
  for (const auto& [package, list] : groups.items()) {
    count += list.size();
    put_files(table, list, package);
  }
  return group(title, table, count);
}

std::string files(const json& found) {
  if (!found.is_object()) return {};
  const json& unowned = fact_at(found, "/unowned");
  Table table("Files of no package", {"File", "Change", "Package"});
  put_files(table, unowned, "");
  std::string html = by_package("Files that changed though their package did not", fact_at(found, "/modified")) +
                     group("Files of no package", table, unowned.size()) +
                     by_package("Files by packages that changed", fact_at(found, "/byPackage"));
  return "<h3>Files</h3>\n" + (html.empty() ? "<p>None differs that counts.</p>\n" : html);
}

}  // namespace

std::string differences_section(const json& differences) {
  if (!differences.is_object()) return {};
  const std::string before = fact_text(differences, "/before/name");
  const auto slash = before.find_last_of('/');
  const std::string name = slash == std::string::npos || slash + 1 == before.size() ? before : before.substr(slash + 1);
  std::string html = fmt::format("<p>Compared with {}{}.</p>\n", as_code(name),
                                 fact_at(differences, "/same") == true ? ": nothing differs that counts" : "");
  html += packages(fact_at(differences, "/packages")) + facts(fact_at(differences, "/facts")) +
          files(fact_at(differences, "/files"));
  return html +
         "<p class=\"soft\">Time stamps, caches and logs are set aside; ‘keelson diff’ counts them, and has "
         "changelogs.</p>\n";
}

}  // namespace keelson::inspect
