#include "recipe/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "recipe/merge.h"
#include "recipe/structure.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

class ChainReader {
 public:
  ChainReader(const ReadText& read, Findings& findings) : read_(read), findings_(findings) {}

  std::optional<Node> read(std::string_view text, const fs::path& file, const fs::path& folder) {
    const std::size_t source = chain_.sources.size();
    chain_.sources.push_back({.file = source == 0 ? "" : file.string(), .folder = folder});
    auto root = parse(text, source);
    if (!root) return std::nullopt;
    Node merged{.kind = Node::Kind::Map, .mark = root->mark};
    open_.push_back(file.lexically_normal());
    for (const auto& base : base_paths(*root)) read_base(base, folder, merged);
    open_.pop_back();
    chain_.sources[source].rank = rank_++;
    put(merged, std::move(*root));
    return merged;
  }

  Chain take(Node merged) {
    chain_.merged = std::move(merged);
    return std::move(chain_);
  }

 private:
  /// The document, its structure checked; its findings get the file's name.
  std::optional<Node> parse(std::string_view text, std::size_t source) {
    Findings found;
    auto root = parse_document(text, found, static_cast<int>(source));
    if (root && root->kind == Node::Kind::Null) {
      found.add({.kind = FindingKind::Structure, .message = "the recipe is empty"});
      root.reset();
    }
    if (root) check_structure(*root, recipe_section(), found);
    for (auto finding : found.all()) {
      finding.file = chain_.sources[source].file;
      findings_.add(std::move(finding));
    }
    return root;
  }

  static std::vector<View> base_paths(const Node& root) {
    std::vector<View> paths;
    for (const auto& base : View(&root, {}, root.mark).at("baseConfigs").items(kMostChainFiles)) {
      const View path = base.at("path");
      if (!path.text_or("").empty()) paths.push_back(path);
    }
    return paths;
  }

  void report(Mark mark, std::string path, std::string message, std::string hint) {
    findings_.add({.kind = FindingKind::Rule,
                   .file = chain_.sources[static_cast<std::size_t>(mark.source)].file,
                   .path = std::move(path),
                   .line = mark.line,
                   .column = mark.column,
                   .message = std::move(message),
                   .hint = std::move(hint)});
  }

  void read_base(const View& at, const fs::path& folder, Node& merged) {
    const std::string name = at.text_or("");
    const fs::path file = (folder / name).lexically_normal();
    if (std::find(open_.begin(), open_.end(), file) != open_.end()) {
      report(at.mark(), at.path(), fmt::format("{} builds on itself", quote(name)), "remove it from baseConfigs");
      return;
    }
    if (open_.size() > kDeepestChain || chain_.sources.size() > kMostChainFiles) {
      report(at.mark(), at.path(),
             fmt::format("recipes build on each other over more than {} steps, or {} files", kDeepestChain,
                         kMostChainFiles),
             "merge some of them");
      return;
    }
    if (!seen_.insert(file).second) return;
    const auto text = text_of(at, file);
    if (!text) return;
    auto base = read(*text, file, file.parent_path());
    if (!base) return;
    chain_.bases.push_back(file);
    put(merged, std::move(*base));
  }

  std::optional<std::string> text_of(const View& at, const fs::path& file) {
    try {
      return read_(file);
    } catch (const Error& error) {
      report(at.mark(), at.path(), error.message(), "the path starts from the folder of the recipe that names it");
      return std::nullopt;
    }
  }

  void put(Node& merged, Node over) {
    merge_onto(merged, std::move(over), recipe_section(), [this](const Entry& first, const Entry& second) {
      const std::string& other = chain_.sources[static_cast<std::size_t>(first.mark.source)].file;
      report(second.mark, second.key,
             fmt::format("'{}' may stand in only one recipe of a chain, and {} has it on line {}", second.key,
                         quote(other), first.mark.line),
             "keep it in one of them");
    });
  }

  const ReadText& read_;
  Findings& findings_;
  Chain chain_;
  std::vector<fs::path> open_;  ///< files whose bases are being read
  std::set<fs::path> seen_;
  int rank_ = 0;
};

}  // namespace

std::optional<Chain> read_chain(std::string_view text, const fs::path& name, const fs::path& folder,
                                const ReadText& read, Findings& findings) {
  ChainReader reader(read, findings);
  auto merged = reader.read(text, folder / name.filename(), folder);
  if (!merged) return std::nullopt;
  return reader.take(std::move(*merged));
}

}  // namespace keelson::recipe
