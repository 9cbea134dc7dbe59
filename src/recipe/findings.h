/// What a check of a recipe found: every mistake of one run, each with its place in the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelson::recipe {

/// A place in a file, counted from 1 as editors do; 0: the file as a whole.
struct Mark {
  int line = 0;
  int column = 0;
  int source = 0;  ///< which of the files that are read together (chain.h); 0: the recipe itself
  auto operator<=>(const Mark&) const = default;
};

enum class Severity { Error, Warning };

/// Why a finding was made. `Structure` is what one key alone shows; `Rule` needs several keys; `Resource` needs
/// the file system; `Unsupported` is right by the language, but this version can't do it;
/// `ForBases` is for an image that exists, and only a build from packages can't do it.
enum class FindingKind { Syntax, Structure, Rule, Resource, Unsupported, ForBases, Preview };

struct Finding {
  Severity severity = Severity::Error;
  FindingKind kind = FindingKind::Structure;
  std::string file;  ///< empty: the recipe itself; otherwise another file that it names
  std::string path;  ///< "os.users[0].name"; "": the whole file
  int line = 0;      ///< from 1; 0: the file as a whole
  int column = 0;
  std::string message;
  std::string hint;
};

/// Collects findings. Promise: never more than kLimit, however hostile the input; the last one then says so.
class Findings {
 public:
  static constexpr std::size_t kLimit = 500;

  void add(Finding finding);
  bool has_errors() const;
  /// Further findings will not be kept: no need to work out hints for them.
  bool full() const { return findings_.size() > kLimit; }
  const std::vector<Finding>& all() const { return findings_; }
  /// The findings in the order of the recipe's lines; those of other files after them.
  std::vector<Finding> take_sorted();

 private:
  std::vector<Finding> findings_;
};

bool has_errors(const std::vector<Finding>& findings);

/// "recipe.yaml:14:5: error: unknown key 'hostnam' in 'os'", and "  hint: …" on the next line; ends in a newline.
/// @param file what to call the recipe.
std::string render_findings(std::string_view file, const std::vector<Finding>& findings);

/// The same for programs: a JSON array of {severity, kind, file, path, line, column, message, hint}.
std::string findings_json(std::string_view file, const std::vector<Finding>& findings);

/// Untrusted text for a message: control characters become '?', long text is cut, in single quotes.
std::string quote(std::string_view text);

}  // namespace keelson::recipe
