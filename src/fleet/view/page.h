/// Lines of a page with their room: cut to the width of a terminal, painted after that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/view/render.h"

namespace keelson::fleet::view {

enum class Paint { None, Bold, Dim, Green, Yellow, Red };

/// A part of a line.
struct Piece {
  std::string text;
  Paint paint = Paint::None;
};
using Line = std::vector<Piece>;

/// A titled part of a page. When there is too little room, lines are left out at its end, down to `least`, and counted
/// in its last one.
struct Section {
  Line title;  ///< empty: none, nor an empty line before it
  std::vector<Line> lines;
  std::size_t least = 0;  ///< lines that it keeps; SIZE_MAX: all
  std::string_view noun;  ///< "nodes": what the lines that are left out are
  std::size_t per = 1;    ///< lines that are one of them
};

/// @param sections the more important first, where it comes to room; drawn in this order.
std::string draw(const std::vector<Section>& sections, const Drawing& drawing);

/// Columns of a table that are as wide as their widest cell, but the last, which takes what is left.
std::vector<Line> table(const std::vector<std::string>& heading, const std::vector<Line>& rows);

}  // namespace keelson::fleet::view
