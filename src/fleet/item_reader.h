/// The objects of a recorded list, found without reading them and read one by one: as values all objects of a large
/// cluster together would take gigabytes.
#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "kube/objects.h"

namespace keelson::fleet {

/// Why a text can't be read; without the name of the document, which the caller knows.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A document of which the "items" that are objects are still text.
class ItemList {
 public:
  /// @param text untrusted; kept as a copy. Nesting is bounded by kube::kMostJsonDepth. @throws Unreadable for what is
  /// no JSON, as far as that can be seen without looking into the items.
  explicit ItemList(std::string_view text);
  ~ItemList();
  ItemList(const ItemList&) = delete;
  ItemList& operator=(const ItemList&) = delete;

  /// All but those items.
  kube::json& document() { return document_; }
  /// Good as long as the list.
  const std::vector<std::string_view>& items() const { return items_; }

 private:
  struct Text;
  std::unique_ptr<Text> text_;
  kube::json document_;
  std::vector<std::string_view> items_;
};

/// Reads items. Each thread needs its own.
class ItemReader {
 public:
  ItemReader();
  ~ItemReader();
  ItemReader(const ItemReader&) = delete;
  ItemReader& operator=(const ItemReader&) = delete;

  /// Lists that are of no use here and long in every real cluster are skipped, and empty in what is returned.
  /// @param item of an ItemList. @throws Unreadable.
  kube::json read(std::string_view item);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace keelson::fleet
