/// What a system's own files say, as named texts: as the collector inside a machine sends them (machine/), or as they
/// are read from an image (inspect/). Whoever gathers them, the same functions understand them, so that facts from
/// outside are those from inside. The names and forms are those of the collector (machine/collector.cpp).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::inventory {

using Sections = std::map<std::string, std::string, std::less<>>;

/// The text of a section without white space at its ends; "" when there is none.
std::string_view section_text(const Sections& sections, std::string_view name);
/// Its lines, at most `most` of them; none for an empty section.
std::vector<std::string_view> section_lines(const Sections& sections, std::string_view name, std::size_t most = 5000);

/// The value after "KEY=" in a text of such lines, quotes removed; "" when there is none.
std::string property_in(std::string_view text, std::string_view key);
/// The same of a section.
std::string property_of(const Sections& sections, std::string_view section, std::string_view key);

}  // namespace keelson::inventory
