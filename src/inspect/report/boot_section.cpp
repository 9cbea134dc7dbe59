#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "inspect/fact_at.h"
#include "inspect/report/parts.h"
#include "inspect/report/sections.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr double kLongest = 86'400;  // a day: what says more is no boot
constexpr int kWidth = 1000, kNames = 110, kBar = 26;

struct Stage {
  const char* key;
  const char* name;
  char colour;
};
constexpr std::array<Stage, 5> kStages{{{"firmware", "Firmware", '0'},
                                        {"loader", "Boot loader", '1'},
                                        {"kernel", "Kernel", '2'},
                                        {"initrd", "initrd", '3'},
                                        {"userspace", "User space", '4'}}};

std::optional<double> seconds_of(const json& facts, const std::string& place) {
  const json& value = fact_at(facts, place.c_str());
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  return seconds >= 0 && seconds <= kLongest ? std::optional(seconds) : std::nullopt;
}

std::string in_seconds(double seconds) { return fmt::format("{:.1f} s", seconds); }

// A bar for each stage, beginning where the one before ends.
std::string drawing(const json& facts, double total) {
  std::string bars;
  double start = 0;
  int row = 0;
  for (const auto& stage : kStages) {
    const auto seconds = seconds_of(facts, std::string("/boot/") + stage.key);
    if (!seconds) continue;
    const double scale = (kWidth - kNames - 70) / total;
    const double x = kNames + start * scale, width = std::max(1.0, *seconds * scale);
    bars += fmt::format(
        "<text x=\"0\" y=\"{}\">{}</text><rect class=\"c{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>"
        "<text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
        row * kBar + 17, stage.name, stage.colour, x, row * kBar + 3, width, kBar - 6, x + width + 5, row * kBar + 17,
        in_seconds(*seconds));
    start += *seconds;
    ++row;
  }
  return fmt::format(
      "<figure><svg class=\"map bars\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"boot-map\">"
      "<title id=\"boot-map\">Stages of the boot, one after the other; the table says the "
      "same</title>\n{}</svg></figure>\n",
      kWidth, row * kBar, bars);
}

std::string stages(const json& facts) {
  Table table("Stages of the boot, as the system tells them", {"Stage", "Took"});
  double total = 0;
  for (const auto& stage : kStages) {
    if (const auto seconds = seconds_of(facts, std::string("/boot/") + stage.key)) {
      table.row({stage.name, in_seconds(*seconds)});
      total += *seconds;
    }
  }
  if (table.empty()) return {};
  if (const auto all = seconds_of(facts, "/boot/total")) table.row({"All", in_seconds(*all)});
  return (total > 0 ? drawing(facts, total) : "") + table.html();
}

std::string reached(const json& facts) {
  Table table("First words of each stage on the console, from the machine’s start", {"Stage", "After"});
  for (const auto& stage : kStages)
    if (const auto seconds = seconds_of(facts, std::string("/machine/reached/") + stage.key))
      table.row({stage.name, in_seconds(*seconds)});
  if (const auto login = seconds_of(facts, "/machine/reached/login")) table.row({"Login prompt", in_seconds(*login)});
  return table.empty() ? "" : table.html();
}

std::string machine(const json& facts) {
  std::string text;
  for (const char* place : {"/machine/accelerator", "/machine/firmware", "/machine/diskBus", "/machine/qemu"})
    if (const auto word = fact_text(facts, place); !word.empty()) text += (text.empty() ? "" : ", ") + word;
  if (text.empty()) return {};
  const bool emulated = fact_text(facts, "/machine/accelerator") == "tcg";
  return fmt::format("<p>In a virtual machine: {}.{}</p>\n", shown(text),
                     emulated ? " Its processor is emulated: hardware is many times faster." : "");
}

}  // namespace

std::string boot_section(const json& boot_facts) {
  const std::string html = stages(boot_facts) + reached(boot_facts);
  return html.empty() ? "" : machine(boot_facts) + html;
}

}  // namespace keelson::inspect
