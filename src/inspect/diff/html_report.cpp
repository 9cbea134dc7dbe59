#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "inspect/diff/report.h"
#include "page/html.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

std::string words(const json& value) {
  if (value.is_null()) return "nothing";
  return page::escaped(value.is_string() ? value.get<std::string>() : value.dump(1));
}

std::string name_of_side(const json& side) {
  std::string text = fmt::format("<code>{}</code>", page::escaped(side["name"].get<std::string>()));
  if (side.contains("os")) text += " " + page::escaped(side["os"].value("name", std::string()));
  if (side.contains("versions") && side["versions"].contains("kernel"))
    text += ", kernel " + page::escaped(side["versions"]["kernel"].get<std::string>());
  return text;
}

std::string packages_html(const json& rows) {
  std::string html = fmt::format("<h2>Packages ({})</h2>\n", rows.size());
  if (rows.empty()) return html + "<p>None differs.</p>\n";
  html +=
      "<table><thead><tr><th scope=\"col\">Package</th><th scope=\"col\">Change</th><th scope=\"col\">Before</th>"
      "<th scope=\"col\">After</th></tr></thead><tbody>\n";
  for (const auto& row : rows) {
    std::string changelog;
    if (row.contains("changelog")) {
      changelog = "<details><summary class=\"soft\">changelog</summary>";
      for (const auto& entry : row["changelog"])
        changelog += fmt::format("<p><b>{}</b></p><pre>{}</pre>", page::escaped(entry["version"].get<std::string>()),
                                 page::escaped(entry["text"].get<std::string>()));
      changelog += "</details>";
    }
    html += fmt::format(
        "<tr><td>{}{}</td><td>{}</td><td class=\"minus\"><code>{}</code></td><td "
        "class=\"plus\"><code>{}</code></td></tr>\n",
        page::escaped(row["name"].get<std::string>()), changelog, page::escaped(row["change"].get<std::string>()),
        page::escaped(row.value("from", std::string())), page::escaped(row.value("to", std::string())));
  }
  return html + "</tbody></table>\n";
}

std::string list_html(const json& list, std::string_view kind) {
  std::string html;
  for (const auto& item : list)
    html += fmt::format("<div class=\"{}\"><code>{} {}</code></div>", kind, kind == "plus" ? "+" : "-", words(item));
  return html;
}

std::string facts_html(const json& rows) {
  std::string html = fmt::format("<h2>Facts ({})</h2>\n", rows.size());
  if (rows.empty()) return html + "<p>None differs.</p>\n";
  html += "<table><thead><tr><th scope=\"col\">Fact</th><th scope=\"col\">Difference</th></tr></thead><tbody>\n";
  for (const auto& row : rows) {
    const std::string change =
        row.contains("from")
            ? fmt::format("<div class=\"minus\"><code>- {}</code></div><div class=\"plus\"><code>+ {}</code></div>",
                          words(row["from"]), words(row["to"]))
            : list_html(row["removed"], "minus") + list_html(row["added"], "plus");
    html += fmt::format("<tr><td><code>{}</code><div class=\"soft\">{}</div></td><td>{}</td></tr>\n",
                        page::escaped(row["fact"].get<std::string>()), page::escaped(row.value("why", std::string())),
                        change);
  }
  return html + "</tbody></table>\n";
}

std::string files_of_group(std::string_view title, const json& list) {
  std::string html = fmt::format(
      "<details><summary>{} ({})</summary><table><thead><tr><th scope=\"col\">File</th><th scope=\"col\">Change</th>"
      "<th scope=\"col\">Bytes</th></tr></thead><tbody>\n",
      page::escaped(title), list.size());
  for (const auto& file : list) {
    std::string what = file["change"];
    if (file.contains("what")) {
      what.clear();
      for (const auto& item : file["what"]) what += (what.empty() ? "" : ", ") + item.get<std::string>();
    }
    if (file.contains("details")) what += ": " + file["details"].get<std::string>();
    const std::string bytes = file.contains("bytes") ? fmt::format("{} → {}", file["bytes"][0].get<std::uint64_t>(),
                                                                   file["bytes"][1].get<std::uint64_t>())
                                                     : "";
    html += fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                        page::escaped(file["path"].get<std::string>()), page::escaped(what), bytes);
  }
  return html + "</tbody></table></details>\n";
}

std::string files_html(const json& files) {
  std::string html = "<h2>Files</h2>\n<h3>Changed though their package did not</h3>\n";
  for (const auto& [package, list] : files["modified"].items()) html += files_of_group(package, list);
  if (files["modified"].empty()) html += "<p>None.</p>\n";
  html += "<h3>Of no package</h3>\n";
  html += files["unowned"].empty() ? "<p>None.</p>\n" : files_of_group("files", files["unowned"]);
  html += "<h3>By packages that changed</h3>\n";
  for (const auto& [package, list] : files["byPackage"].items()) html += files_of_group(package, list);
  if (files["byPackage"].empty()) html += "<p>None.</p>\n";
  html += "<h3>Set aside</h3>\n<ul>";
  for (const auto& [reason, number] : files["setAside"].items())
    html += fmt::format("<li>{}: {}</li>", page::escaped(reason), number.get<std::size_t>());
  return html + "</ul>\n";
}

}  // namespace

std::string diff_html(const json& difference) {
  std::string html = page::html_head("What differs");
  html += fmt::format("<main>\n<h1>What differs</h1>\n<p class=\"minus\">- {}</p>\n<p class=\"plus\">+ {}</p>\n",
                      name_of_side(difference["before"]), name_of_side(difference["after"]));
  if (difference["same"].get<bool>()) html += "<p>Nothing differs that counts.</p>\n";
  if (difference.contains("packages")) html += packages_html(difference["packages"]);
  if (difference.contains("facts")) html += facts_html(difference["facts"]);
  if (difference.contains("files")) html += files_html(difference["files"]);
  for (const auto& note : difference["notes"])
    html += fmt::format("<p class=\"soft\">note: {}</p>\n", page::escaped(note.get<std::string>()));
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace keelson::inspect
