#include "inspect/report/space_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "inspect/report/parts.h"
#include "inspect/report/treemap.h"

namespace keelson::inspect {

namespace {

constexpr std::uint32_t kWidth = 1000, kHeight = 560;
constexpr std::uint32_t kLetter = 7;    // about as wide as a letter of the drawing's text
constexpr std::uint32_t kTitle = 18;    // height of a folder's name
constexpr std::uint32_t kBorder = 2;    // around what is in a folder
constexpr std::uint32_t kSmallest = 6;  // edge of what is drawn
constexpr std::size_t kColours = 8;
constexpr std::size_t kMostCells = 3000;
constexpr std::size_t kMostLevels = 3;
constexpr std::size_t kMostRows = 100;

class Drawing {
 public:
  std::string draw(const SpaceFolder& root) {
    put_folders(root, "", {0, 0, kWidth, kHeight}, 0, 0);
    return std::move(svg_);
  }

 private:
  // Those in a folder, and what lies in none of them.
  void put_folders(const SpaceFolder& folder, const std::string& path, Rectangle area, std::size_t level,
                   std::size_t colour) {
    std::vector<std::uint64_t> weights;
    std::uint64_t rest = folder.bytes;
    for (const auto& below : folder.folders) {
      weights.push_back(below.bytes);
      rest -= std::min(rest, below.bytes);
    }
    weights.push_back(rest);
    const auto cells = squarified(weights, area);
    for (std::size_t i = 0; i < folder.folders.size(); ++i)
      put_folder(folder.folders[i], path + "/" + folder.folders[i].name, cells[i], level, level == 0 ? i : colour);
    put_cell({.path = path + "/*", .name = "*", .bytes = rest}, cells.back(), level, kColours);
  }

  void put_folder(const SpaceFolder& folder, const std::string& path, Rectangle cell, std::size_t level,
                  std::size_t colour) {
    if (!put_cell({.path = path, .name = folder.name, .bytes = folder.bytes}, cell, level, colour)) return;
    const bool has_room = cell.width > 60 && cell.height > 40;
    if (level + 1 >= kMostLevels || folder.folders.empty() || !has_room) return;
    put_folders(folder, path,
                {cell.x + kBorder, cell.y + kTitle, cell.width - 2 * kBorder, cell.height - kTitle - kBorder},
                level + 1, colour);
  }

  struct Label {
    std::string path;
    std::string name;
    std::uint64_t bytes = 0;
  };

  bool put_cell(const Label& label, Rectangle cell, std::size_t level, std::size_t colour) {
    if (cell.width < kSmallest || cell.height < kSmallest || ++cells_ > kMostCells) return false;
    const std::string fill = colour < kColours || level == 0 ? fmt::format("c{}", colour % kColours) : "rest";
    const std::string size = human_size({label.bytes});
    svg_ += fmt::format("<g><title>{} {}</title><rect class=\"{} l{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                        shown(label.path), size, fill, level, cell.x, cell.y, cell.width, cell.height);
    const std::size_t letters = cell.width > 8 ? (cell.width - 8) / kLetter : 0;
    std::string text = label.name == "*" ? "" : label.name;
    if (text.size() + 1 + size.size() <= letters) text += " " + size;
    if (cell.height >= kTitle && !text.empty() && text.size() <= letters)
      svg_ += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", cell.x + 4, cell.y + 13, shown(text));
    svg_ += "</g>\n";
    return true;
  }

  std::string svg_;
  std::size_t cells_ = 0;
};

std::string share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "0 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return percent < 0.1 ? "under 0.1 %" : fmt::format("{:.1f} %", percent);
}

// A folder, then those in it that matter: a hundredth of everything.
void put_rows(Table& table, const SpaceFolder& folder, const std::string& path, std::uint64_t whole,
              std::size_t level) {
  for (const auto& below : folder.folders) {
    if (level > 0 && below.bytes < whole / 100) continue;
    const std::string name = path + "/" + below.name;
    if (table.rows() >= kMostRows) {
      table.left_out(1);
    } else {
      table.row({as_code(name), human_size({below.bytes}), share(below.bytes, whole), std::to_string(below.files)});
    }
    if (level + 1 < kMostLevels) put_rows(table, below, name, whole, level + 1);
  }
}

}  // namespace

std::string space_section(const SpaceFolder& root) {
  std::string html = fmt::format("<p>{} in {}.</p>\n", human_size({root.bytes}), counted(root.files, "file"));
  if (root.bytes == 0) return html;
  html += fmt::format(
      "<figure><svg class=\"map\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"map-title map-text\">"
      "<title id=\"map-title\">Folders by size</title>"
      "<desc id=\"map-text\">Rectangles as large as folders are. The table after it says the same.</desc>\n{}</svg>"
      "<figcaption class=\"soft\">Each rectangle is a folder, as large as what is in it; what is grey is files "
      "that lie in the folder itself and what is too small to be drawn.</figcaption></figure>\n",
      kWidth, kHeight, Drawing().draw(root));
  Table table("Folders by size", {"Folder", "Size", "Share", "Files"});
  put_rows(table, root, "", root.bytes, 0);
  return html + table.html();
}

}  // namespace keelson::inspect
