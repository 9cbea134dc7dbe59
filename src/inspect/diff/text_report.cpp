#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/units.h"
#include "inspect/diff/report.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kShownFiles = 12;   // of a group
constexpr std::size_t kShownValue = 160;  // bytes of a value
constexpr std::size_t kShownLines = 6;    // of a changelog's entry

std::string cut(std::string text, std::size_t most = kShownValue) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most) + "…";
}

std::string words(const json& value) {
  if (value.is_null()) return "nothing";
  return cut(value.is_string() ? value.get<std::string>() : value.dump());
}

class Text {
 public:
  Text(const json& difference, bool colour, bool all) : difference_(difference), colour_(colour), all_(all) {}

  std::string write() {
    side("-", difference_["before"]);
    side("+", difference_["after"]);
    if (difference_.contains("packages")) packages(difference_["packages"]);
    if (difference_.contains("facts")) facts(difference_["facts"]);
    if (difference_.contains("files")) files(difference_["files"]);
    for (const auto& note : difference_["notes"]) text_ += fmt::format("note: {}\n", note.get<std::string>());
    if (difference_["same"].get<bool>()) text_ += "\nNothing differs that counts.\n";
    return std::move(text_);
  }

 private:
  std::string painted(std::string_view sign) const {
    if (!colour_) return std::string(sign);
    const char* code = sign == "+" || sign == "↑" ? "32" : sign == "-" || sign == "↓" ? "31" : "33";
    return fmt::format("\x1b[{}m{}\x1b[0m", code, sign);
  }

  void heading(std::string_view title) {
    text_ += colour_ ? fmt::format("\n\x1b[1m{}\x1b[0m\n", title) : fmt::format("\n{}\n", title);
  }

  void side(std::string_view sign, const json& side) {
    std::string what;
    if (side.contains("os")) what += "  " + side["os"].value("name", std::string());
    if (side.contains("versions") && side["versions"].contains("kernel"))
      what += "  kernel " + side["versions"]["kernel"].get<std::string>();
    text_ += fmt::format("{} {}{}\n", painted(sign), side["name"].get<std::string>(), what);
  }

  void packages(const json& rows) {
    std::map<std::string, std::size_t> counts;
    for (const auto& row : rows) counts[row["change"].get<std::string>()] += 1;
    heading(fmt::format("packages: {} upgraded, {} downgraded, {} added, {} removed", counts["upgraded"],
                        counts["downgraded"], counts["added"], counts["removed"]));
    for (const auto& row : rows) {
      const std::string change = row["change"];
      const auto* sign = change == "added" ? "+" : change == "removed" ? "-" : change == "upgraded" ? "↑" : "↓";
      const std::string from = row.value("from", std::string()), to = row.value("to", std::string());
      text_ += fmt::format("  {} {} {}\n", painted(sign), row["name"].get<std::string>(),
                           from.empty() || to.empty() ? from + to : from + " → " + to);
      if (row.contains("changelog")) changelog(row["changelog"]);
    }
  }

  void changelog(const json& entries) {
    std::size_t shown = 0;
    for (const auto& entry : entries) {
      const std::string text = entry["text"];
      for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        if (line.find_first_not_of(' ') == std::string_view::npos) continue;
        if (!all_ && shown++ == kShownLines) return void(text_ += "      …\n");
        text_ += fmt::format("    {}\n", line);
      }
    }
  }

  void facts(const json& rows) {
    if (rows.empty()) return;
    heading(fmt::format("facts: {} differ", rows.size()));
    for (const auto& row : rows) {
      const std::string why = row.value("why", std::string());
      text_ += fmt::format("  {} {}{}\n", painted("~"), row["fact"].get<std::string>(),
                           why.empty() ? "" : "  (" + why + ")");
      if (row.contains("from")) {
        text_ +=
            fmt::format("      {} {}\n      {} {}\n", painted("-"), words(row["from"]), painted("+"), words(row["to"]));
        continue;
      }
      for (const auto& [sign, part] : {std::pair("-", "removed"), std::pair("+", "added")}) {
        std::size_t shown = 0;
        for (const auto& item : row[part]) {
          if (!all_ && shown++ == kShownFiles) {
            text_ += fmt::format("      {} and {} more\n", painted(sign), row[part].size() - kShownFiles);
            break;
          }
          text_ += fmt::format("      {} {}\n", painted(sign), words(item));
        }
      }
    }
  }

  void files(const json& files) {
    std::size_t count = 0;
    for (const auto& [package, list] : files["byPackage"].items()) count += list.size();
    const auto bytes = files["bytes"].get<std::int64_t>();
    heading(fmt::format("files: {} by packages that changed; all together {}{}", count, bytes < 0 ? "-" : "+",
                        human_size({static_cast<std::uint64_t>(bytes < 0 ? -bytes : bytes)})));
    if (all_) {
      for (const auto& [package, list] : files["byPackage"].items()) group(package, list);
    }
    for (const auto& [package, list] : files["modified"].items())
      group(fmt::format("of {}, though the package is the same", package), list);
    if (!files["unowned"].empty()) group("of no package", files["unowned"]);
    std::string aside;
    for (const auto& [reason, number] : files["setAside"].items())
      aside += fmt::format("{}{} {}", aside.empty() ? "" : ", ", reason, number.get<std::size_t>());
    if (!aside.empty()) text_ += fmt::format("  set aside: {}\n", aside);
    if (const auto left = files["leftOut"].get<std::size_t>(); left > 0)
      text_ += fmt::format("  and {} more files\n", left);
  }

  void group(std::string_view title, const json& list) {
    text_ += fmt::format("  {}: {}\n", title, list.size());
    std::size_t shown = 0;
    for (const auto& file : list) {
      if (!all_ && shown++ == kShownFiles) {
        text_ += fmt::format("      and {} more (--all lists them)\n", list.size() - kShownFiles);
        return;
      }
      const std::string change = file["change"];
      std::string what;
      if (file.contains("what")) {
        for (const auto& item : file["what"]) what += (what.empty() ? "  " : ", ") + item.get<std::string>();
      }
      if (file.contains("details")) what += "  " + file["details"].get<std::string>();
      text_ += fmt::format("    {} {}{}\n",
                           painted(change == "added"     ? "+"
                                   : change == "removed" ? "-"
                                                         : "~"),
                           file["path"].get<std::string>(), what);
    }
  }

  const json& difference_;
  bool colour_;
  bool all_;
  std::string text_;
};

}  // namespace

std::string diff_text(const json& difference, bool colour, bool all) { return Text(difference, colour, all).write(); }

}  // namespace keelson::inspect
