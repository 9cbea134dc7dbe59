#include "inspect/report/parts.h"

#include <fmt/format.h>

#include "page/html.h"

namespace keelson::inspect {

std::string shown(std::string_view text, std::size_t most) {
  if (text.size() <= most) return page::escaped(text);
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // not within a character
  return page::escaped(text.substr(0, cut)) + "…";
}

std::string as_code(std::string_view text, std::size_t most) {
  return text.empty() ? "" : fmt::format("<code>{}</code>", shown(text, most));
}

std::string badge(Tone tone, std::string_view text) {
  const std::string_view name = tone == Tone::Good ? "plus" : tone == Tone::Bad ? "minus" : "soft";
  const std::string_view mark = tone == Tone::Good ? "✓" : tone == Tone::Bad ? "✗" : "–";
  return fmt::format("<span class=\"badge {}\"><span aria-hidden=\"true\">{}</span> {}</span>", name, mark,
                     shown(text));
}

Table::Table(std::string_view caption, std::initializer_list<std::string_view> columns) : caption_(shown(caption)) {
  for (const auto column : columns) head_ += fmt::format("<th scope=\"col\">{}</th>", page::escaped(column));
}

void Table::row(std::initializer_list<std::string> cells) {
  body_ += "<tr>";
  bool first = true;
  for (const auto& cell : cells) {
    body_ += first ? fmt::format("<th scope=\"row\">{}</th>", cell) : fmt::format("<td>{}</td>", cell);
    first = false;
  }
  body_ += "</tr>\n";
  ++rows_;
}

std::string Table::html() const {
  // What scrolls must be reachable by keyboard, and then needs a name: WCAG 2.2, 2.1.1 and 4.1.2.
  std::string html = fmt::format(
      "<div class=\"scroll\" role=\"group\" aria-label=\"{0}\" tabindex=\"0\"><table><caption>{0}</caption>\n"
      "<thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody></table></div>\n",
      caption_, head_, body_);
  if (left_out_ > 0) html += fmt::format("<p class=\"soft\">{} more, not shown here.</p>\n", left_out_);
  return html;
}

std::string folded(std::string_view summary, std::string_view body) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", shown(summary), body);
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace keelson::inspect
