#include "recipe/migrate_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace keelson::recipe {

namespace {

constexpr std::size_t kMostNotes = 20'000;  // of a hostile file with a mistake per line

std::string_view kind_name(MigrationNote::Kind kind) {
  switch (kind) {
    case MigrationNote::Kind::Changed:
      return "changed";
    case MigrationNote::Kind::Remark:
      return "note";
    case MigrationNote::Kind::Dropped:
      return "not carried over";
    case MigrationNote::Kind::NeedsHand:
      return "needs a person";
  }
  return "note";
}

}  // namespace

void Notes::add(MigrationNote note) {
  if (notes_.size() < kMostNotes) notes_.push_back(std::move(note));
}

void Notes::changed(Mark mark, std::string was, std::string is, std::string why) {
  add({MigrationNote::Kind::Changed, mark, std::move(was), std::move(is), std::move(why)});
}

void Notes::changed_case(Mark mark, std::string was, std::string is) {
  if (case_notes_.size() >= kMostNotes) return;
  case_notes_.push_back(
      {MigrationNote::Kind::Changed, mark, std::move(was), std::move(is), "keys begin with a small letter"});
}

void Notes::remark(Mark mark, std::string why) { add({MigrationNote::Kind::Remark, mark, {}, {}, std::move(why)}); }

void Notes::dropped(Mark mark, std::string was, std::string why) {
  add({MigrationNote::Kind::Dropped, mark, std::move(was), {}, std::move(why)});
}

void Notes::needs_hand(Mark mark, std::string was, std::string why) {
  add({MigrationNote::Kind::NeedsHand, mark, std::move(was), {}, std::move(why)});
}

std::vector<MigrationNote> Notes::take_sorted() {
  std::set<Mark> told;
  for (const auto& note : notes_) told.insert(note.mark);
  for (auto& note : case_notes_) {
    if (!told.contains(note.mark)) add(std::move(note));
  }
  std::stable_sort(notes_.begin(), notes_.end(),
                   [](const MigrationNote& a, const MigrationNote& b) { return a.mark < b.mark; });
  return std::move(notes_);
}

std::string render_notes(std::string_view file, const std::vector<MigrationNote>& notes) {
  std::string text;
  for (const auto& note : notes) {
    text += file;
    if (note.mark.line > 0) text += fmt::format(":{}:{}", note.mark.line, note.mark.column);
    text += fmt::format(": {}: ", kind_name(note.kind));
    if (!note.was.empty()) text += quote(note.was);
    if (!note.is.empty()) text += fmt::format(" is now {}", quote(note.is));
    text += fmt::format("{}{}\n", note.was.empty() ? "" : ": ", note.why);
  }
  return text;
}

std::string notes_json(std::string_view file, const std::vector<MigrationNote>& notes) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& note : notes) {
    list.push_back({{"kind", kind_name(note.kind)},
                    {"file", file},
                    {"line", note.mark.line},
                    {"column", note.mark.column},
                    {"was", note.was},
                    {"is", note.is},
                    {"why", note.why}});
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace keelson::recipe
