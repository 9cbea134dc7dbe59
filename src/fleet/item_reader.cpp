#include "fleet/item_reader.h"

#include <algorithm>
#include <array>

#include "base/harmless_text.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

/// Most of what an API server says of pods and nodes. Only lists: a label may have the same name.
bool is_useless(const std::string& name) {
  constexpr std::array<std::string_view, 6> kNames{"args", "command", "env", "images", "managedFields", "volumeMounts"};
  return std::binary_search(kNames.begin(), kNames.end(), name);
}

}  // namespace

ItemReader::json& ItemReader::place(json value) {
  if (open_.empty()) return document_ = std::move(value);
  if (auto* list = open_.back()->get_ptr<json::array_t*>()) return list->emplace_back(std::move(value));
  return *member_ = std::move(value);
}

bool ItemReader::put(json value) {
  if (ignored_ == 0) place(std::move(value));
  return true;
}

bool ItemReader::open(json value) {
  if (ignored_ + open_.size() > kube::kMostJsonDepth) fail_("it is nested too deep");
  if (ignored_ != 0)
    ++ignored_;
  else
    open_.push_back(&place(std::move(value)));
  return true;
}

bool ItemReader::key(std::string& name) {
  if (ignored_ != 0) return true;
  useless_ = is_useless(name);
  member_ = &open_.back()->get_ref<json::object_t&>()[std::move(name)];
  return true;
}

bool ItemReader::start_array(std::size_t) {
  if (ignored_ == 0 && useless_ && open_.back()->is_object()) {
    place(json::array());
    ignored_ = 1;
    return true;
  }
  return open(json::array());
}

bool ItemReader::end_array() {
  if (ignored_ != 0)
    --ignored_;
  else
    open_.pop_back();
  return true;
}

bool ItemReader::end_object() {
  constexpr std::size_t kItemDepth = 2;  // a list, its items
  if (ignored_ != 0) {
    --ignored_;
    return true;
  }
  json& ended = *open_.back();
  open_.pop_back();
  if (open_.size() != kItemDepth || !take_(ended)) return true;
  if (auto* list = open_.back()->get_ptr<json::array_t*>())
    list->pop_back();
  else
    ended = nullptr;
  return true;
}

bool ItemReader::parse_error(std::size_t, const std::string&, const json::exception& error) {
  fail_("it is no JSON, or cut short: " + harmless_text(error.what()));
  return false;
}

}  // namespace keelson::fleet
