/// Changes a document's tree by paths: "os.packages.install". Pointers into the tree are good until the next change.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "recipe/document.h"

namespace keelson::recipe {

/// The value at a path of map keys, or nullptr.
Node* find_at(Node& root, std::string_view path);

/// Takes the entry out of the tree; maps that this empties go too.
std::optional<Entry> take_at(Node& root, std::string_view path);

/// Puts the value there and makes the maps on the way.
/// @return false, and nothing is changed, when something is there already or no map is on the way.
bool put_at(Node& root, std::string_view path, Node value, Mark key_mark);

/// Calls `body` for each map that the pattern names: "storage.disks[].partitions[]".
void for_each_map(Node& root, std::string_view pattern, const std::function<void(Node&, const std::string&)>& body);

/// Adds to a map's end, unless the value is nothing.
void add_entry(Node& map, std::string_view key, Node value);

/// A text; `plain`: it may stand without quotes, as numbers must.
Node text_node(std::string text, Mark mark, bool plain = false);
Node list_node(Mark mark);
Node map_node(Mark mark);

/// The words of a command line; double quotes hold words together and stay.
std::vector<std::string> command_line_words(std::string_view text);

}  // namespace keelson::recipe
