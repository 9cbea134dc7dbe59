#include "recipe/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "recipe/migrate_forms.h"
#include "recipe/migrate_toolkit.h"
#include "recipe/read.h"
#include "recipe/write_yaml.h"

namespace keelson::recipe {

namespace {

/// JSON may be indented with tabs, which YAML may not. Inside JSON's texts no tab can stand, so a space for each keeps
/// all places.
std::string without_tabs(std::string_view text) {
  std::string spaced(text);
  if (nlohmann::json::accept(text)) std::replace(spaced.begin(), spaced.end(), '\t', ' ');
  return spaced;
}

[[noreturn]] void refuse(const std::filesystem::path& name, const std::vector<Finding>& findings) {
  std::string rendered = render_findings(name.string(), findings);
  if (!rendered.empty()) rendered.pop_back();  // render() of an Error adds the line break
  throw Error(ErrorKind::BadInput, fmt::format("cannot migrate '{}':\n{}", name.string(), rendered));
}

Node require_document(std::string_view text, const std::filesystem::path& name) {
  Findings findings;
  auto root = parse_document(without_tabs(text), findings);
  if (root && root->kind != Node::Kind::Map && !findings.has_errors()) {
    findings.add({.kind = FindingKind::Structure,
                  .line = root->mark.line,
                  .column = root->mark.column,
                  .message = "a configuration is a map of keys and values"});
  }
  if (!root || findings.has_errors()) refuse(name, findings.take_sorted());
  return std::move(*root);
}

bool some_text_holds(const Node& node, std::string_view part) {
  if (node.text.find(part) != std::string::npos) return true;
  const bool in_items =
      std::any_of(node.items.begin(), node.items.end(), [&](const Node& n) { return some_text_holds(n, part); });
  return in_items || std::any_of(node.entries.begin(), node.entries.end(), [&](const Entry& e) {
           return e.key.find(part) != std::string::npos || some_text_holds(e.value, part);
         });
}

/// The place of the first comment: a '#' at a line's beginning or after white space, and what follows is part of no
/// text of the document. Bounded, since each look goes through the whole document.
std::optional<Mark> find_comment(std::string_view text, const Node& root) {
  constexpr int kMostLooks = 200;
  int looks = 0;
  int line = 1;
  for (const auto content : split(text, '\n')) {
    for (std::size_t at = content.find('#'); at != std::string_view::npos && looks < kMostLooks;
         at = content.find('#', at + 1)) {
      if (at > 0 && content[at - 1] != ' ' && content[at - 1] != '\t') continue;
      ++looks;
      if (!some_text_holds(root, trim(content.substr(at)))) {
        return Mark{.line = line, .column = static_cast<int>(at) + 1};
      }
    }
    ++line;
  }
  return std::nullopt;
}

/// The language's own order at the top, whatever was moved; keys that it doesn't know come last.
void order_top(Node& root) {
  constexpr std::array<std::string_view, 10> kOrder{
      "previewFeatures", "baseConfigs", "distribution", "input", "storage", "os", "scripts", "iso", "pxe", "output"};
  const auto rank = [&](const Entry& entry) { return std::find(kOrder.begin(), kOrder.end(), entry.key); };
  std::stable_sort(root.entries.begin(), root.entries.end(),
                   [&](const Entry& a, const Entry& b) { return rank(a) < rank(b); });
}

Node from_old_customizer(Node root, Notes& notes) {
  lower_first_letters(root, notes);
  move_old_keys(root, notes);
  reshape_system(root, notes);
  reshape_users(root, notes);
  reshape_storage(root, notes);
  correct_spelling(root, notes);
  return root;
}

/// Features that are still previews and that the configuration now uses by name.
void name_preview(Node& root, Notes& notes) {
  const Node* mode = find_at(root, "os.uki.mode");
  if (mode == nullptr) return;
  const Mark mark = mode->mark;
  if (find_at(root, "previewFeatures") == nullptr) put_at(root, "previewFeatures", list_node(mark), mark);
  Node* features = find_at(root, "previewFeatures");
  const bool named =
      std::any_of(features->items.begin(), features->items.end(), [](const Node& n) { return n.text == "uki"; });
  if (named || features->kind != Node::Kind::List) return;
  features->items.push_back(text_node("uki", mark));
  notes.changed(mark, "os.uki", "os.uki, with previewFeatures: [uki]", "the feature is a preview and must be named");
}

}  // namespace

bool Migration::complete() const {
  const bool open = std::any_of(notes.begin(), notes.end(), [](const MigrationNote& note) {
    return note.kind == MigrationNote::Kind::Dropped || note.kind == MigrationNote::Kind::NeedsHand;
  });
  return !open && !has_errors(findings);
}

Migration migrate(std::string_view text, const std::filesystem::path& name) {
  Node root = require_document(text, name);
  Notes notes;
  Migration result;
  if (find_comment(text, root)) notes.remark({}, "comments are not carried over");
  result.form = is_toolkit_config(root) ? OldForm::Toolkit : OldForm::Customizer;
  Node today =
      result.form == OldForm::Toolkit ? from_toolkit_config(root, notes) : from_old_customizer(std::move(root), notes);
  name_preview(today, notes);
  order_top(today);
  result.yaml = write_yaml(today);
  result.notes = notes.take_sorted();
  const ReadOptions options{.unsupported_is_error = false, .check_files = false};
  result.findings = parse_recipe(result.yaml, name, name.parent_path(), options).findings;
  return result;
}

}  // namespace keelson::recipe
