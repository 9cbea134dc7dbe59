/// The objects of a recorded list, one after the other while its JSON is being read: as values all objects of a large
/// cluster together would take gigabytes.
#pragma once

#include <functional>
#include <stdexcept>
#include <string_view>

#include "kube/objects.h"

namespace keelson::fleet {

/// Why a text can't be read; without the name of the document, which the caller knows.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads a document and hands out its "items" as they come. Lists that are of no use here and long in every real
/// cluster are skipped, and empty in what is handed out.
class ItemReader {
 public:
  /// Asked for each item that is an object: takes it, or says false, and it stays in the document.
  using Take = std::function<bool(kube::json& item)>;

  explicit ItemReader(Take take) : take_(std::move(take)) {}

  /// @param text untrusted; nesting is bounded by kube::kMostJsonDepth. @return the document without what was taken.
  /// @throws Unreadable, and whatever `take` throws.
  kube::json read(std::string_view text);

 private:
  Take take_;
};

}  // namespace keelson::fleet
