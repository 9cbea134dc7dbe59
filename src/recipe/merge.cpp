#include "recipe/merge.h"

#include <algorithm>
#include <iterator>

namespace keelson::recipe {

namespace {

Entry* find_entry(Node& map, const std::string& key) {
  const auto at = std::find_if(map.entries.begin(), map.entries.end(), [&](const Entry& e) { return e.key == key; });
  return at == map.entries.end() ? nullptr : &*at;
}

const Key* find_key(const Section& section, const std::string& name) {
  const auto at =
      std::find_if(section.keys.begin(), section.keys.end(), [&](const Key& key) { return key.name == name; });
  return at == section.keys.end() ? nullptr : &*at;
}

void merge_texts(Node& base, Node& over) {
  for (auto& entry : over.entries) {
    if (Entry* old = find_entry(base, entry.key)) {
      *old = std::move(entry);
    } else {
      base.entries.push_back(std::move(entry));
    }
  }
}

void merge_value(Entry& old, Entry entry, const Key& key, const ReportTwice& report) {
  const bool same_kind = old.value.kind == entry.value.kind;
  if (key.inherit == Inherit::Once && !is_nothing(old.value) && !is_nothing(entry.value)) report(old, entry);
  if (key.inherit != Inherit::Usual || !same_kind || entry.value.kind == Node::Kind::Scalar) {
    old = std::move(entry);
  } else if (key.value.shape == Shape::Object) {
    merge_onto(old.value, std::move(entry.value), *key.value.section, report);
  } else if (entry.value.kind == Node::Kind::List) {
    std::move(entry.value.items.begin(), entry.value.items.end(), std::back_inserter(old.value.items));
  } else {
    merge_texts(old.value, entry.value);
  }
}

}  // namespace

void merge_onto(Node& base, Node over, const Section& section, const ReportTwice& report) {
  if (over.kind != Node::Kind::Map || base.kind != Node::Kind::Map) {
    if (over.kind != Node::Kind::Null) base = std::move(over);
    return;
  }
  for (const auto& key : section.keys) {
    if (key.inherit == Inherit::Own) std::erase_if(base.entries, [&](const Entry& e) { return e.key == key.name; });
  }
  base.mark = over.mark;
  for (auto& entry : over.entries) {
    if (entry.value.kind == Node::Kind::Null) continue;  // as good as absent
    const Key* key = find_key(section, entry.key);
    Entry* old = find_entry(base, entry.key);
    if (key == nullptr) continue;  // unknown, and reported
    if (old == nullptr) {
      base.entries.push_back(std::move(entry));
    } else {
      merge_value(*old, std::move(entry), *key, report);
    }
  }
}

}  // namespace keelson::recipe
