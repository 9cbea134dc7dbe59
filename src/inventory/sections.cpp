#include "inventory/sections.h"

#include "base/text.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kMostLines = 5000;  // of a text of properties

std::vector<std::string_view> first_lines(std::string_view text, std::size_t most) {
  if (text.empty()) return {};
  auto lines = split(text, '\n');
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace

std::string_view section_text(const Sections& sections, std::string_view name) {
  const auto found = sections.find(name);
  return found == sections.end() ? std::string_view() : trim(std::string_view(found->second));
}

std::vector<std::string_view> section_lines(const Sections& sections, std::string_view name, std::size_t most) {
  return first_lines(section_text(sections, name), most);
}

std::string property_in(std::string_view text, std::string_view key) {
  for (const auto line : first_lines(text, kMostLines)) {
    if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != '=') continue;
    auto value = trim(line.substr(key.size() + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

std::string property_of(const Sections& sections, std::string_view section, std::string_view key) {
  return property_in(section_text(sections, section), key);
}

}  // namespace keelson::inventory
