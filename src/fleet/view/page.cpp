#include "fleet/view/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "fleet/view/text.h"

namespace keelson::fleet::view {

namespace {

std::string_view ansi(Paint paint) {
  switch (paint) {
    case Paint::Bold:
      return "\x1b[1m";
    case Paint::Dim:
      return "\x1b[2m";
    case Paint::Green:
      return "\x1b[32m";
    case Paint::Yellow:
      return "\x1b[33m";
    case Paint::Red:
      return "\x1b[31m";
    case Paint::None:
      break;
  }
  return {};
}

/// No spaces at its end: what is copied from a terminal stays clean.
std::string draw_line(const Line& line, const Drawing& drawing) {
  std::string text;
  std::size_t left = drawing.columns == 0 ? std::numeric_limits<std::size_t>::max() : drawing.columns;
  for (const auto& piece : line) {
    const std::string fitting = cut(piece.text, left);
    left -= std::min(left, columns_of(fitting));
    const bool painted = drawing.colour && piece.paint != Paint::None && !fitting.empty();
    text += painted ? fmt::format("{}{}\x1b[0m", ansi(piece.paint), fitting) : fitting;
    if (fitting.size() != piece.text.size()) break;
  }
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

std::size_t rows_of(const Section& section, std::size_t lines) {
  if (section.title.empty()) return lines;
  return lines == 0 && !section.lines.empty() ? 0 : lines + 2;
}

/// How many lines of each section are drawn: all, or as many as there is room for, the earlier sections first.
std::vector<std::size_t> share_rows(const std::vector<Section>& sections, std::size_t rows) {
  std::vector<std::size_t> shares;
  for (const auto& section : sections) shares.push_back(section.lines.size());
  if (rows == 0) return shares;
  std::size_t left = rows;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    shares[i] = std::min(sections[i].lines.size(), sections[i].least);
    left -= std::min(left, rows_of(sections[i], shares[i]));
  }
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::size_t more = std::min(left, sections[i].lines.size() - shares[i]);
    shares[i] += more;
    left -= more;
  }
  return shares;
}

void draw_section(std::string& page, const Section& section, std::size_t share, const Drawing& drawing) {
  if (rows_of(section, share) == 0) return;
  if (!section.title.empty()) page += "\n" + draw_line(section.title, drawing) + "\n";
  const bool all = share == section.lines.size();
  const std::size_t drawn = all ? share : share - std::min<std::size_t>(1, share);
  for (std::size_t i = 0; i < drawn; ++i) page += draw_line(section.lines[i], drawing) + "\n";
  if (all || share == 0) return;
  const std::size_t left_out = (section.lines.size() - drawn + section.per - 1) / section.per;
  page += draw_line({{fmt::format("  … {} more {}", left_out, section.noun), Paint::Dim}}, drawing) + "\n";
}

}  // namespace

std::string draw(const std::vector<Section>& sections, const Drawing& drawing) {
  const auto shares = share_rows(sections, drawing.rows);
  std::string page;
  for (std::size_t i = 0; i < sections.size(); ++i) draw_section(page, sections[i], shares[i], drawing);
  return page;
}

std::vector<Line> table(const std::vector<std::string>& heading, const std::vector<Line>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& name : heading) widths.push_back(columns_of(name));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i].text));
  }
  const auto laid = [&](const Line& row) {
    Line line{{"  "}};
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back({i + 1 == row.size() ? row[i].text : filled(row[i].text, widths[i] + 2), row[i].paint});
    }
    return line;
  };
  Line names;
  for (const auto& name : heading) names.push_back({name, Paint::Dim});
  std::vector<Line> lines{laid(names)};
  for (const auto& row : rows) lines.push_back(laid(row));
  return lines;
}

}  // namespace keelson::fleet::view
