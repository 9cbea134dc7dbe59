/// What the report's sections are made of. All text that comes in is from an image or a file: it is cut and escaped
/// here.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::inspect {

/// A text fit for the page: escaped, and cut with "…" when it is longer than `most` bytes.
std::string shown(std::string_view text, std::size_t most = 200);
/// The same as code; "" stays "".
std::string as_code(std::string_view text, std::size_t most = 200);

/// A part of the page with a heading of the second level, that the table of contents leads to.
struct Section {
  std::string id;     ///< ours: "packages"
  std::string title;  ///< ours
  std::string body;   ///< HTML
};

/// What a verdict or a state is, in words and by a mark: never by its colour alone.
enum class Tone { Good, Bad, Soft };
std::string badge(Tone tone, std::string_view text);

/// A table with a caption and a heading for every column and every row, that scrolls by itself when it is too wide.
class Table {
 public:
  /// @param caption plain text. @param columns plain text; ours.
  Table(std::string_view caption, std::initializer_list<std::string_view> columns);

  /// Cells are HTML. The first is the row's heading.
  void row(std::initializer_list<std::string> cells);
  /// That more rows there are than shown.
  void left_out(std::size_t rows) { left_out_ += rows; }

  bool empty() const { return rows_ == 0; }
  std::size_t rows() const { return rows_; }
  std::string html() const;

 private:
  std::string caption_;
  std::string head_;
  std::string body_;
  std::size_t rows_ = 0;
  std::size_t left_out_ = 0;
};

/// What folds away without a script. @param summary plain text. @param body HTML.
std::string folded(std::string_view summary, std::string_view body);

/// "1 package", "2 packages"
std::string counted(std::uint64_t number, std::string_view noun);

}  // namespace keelson::inspect
