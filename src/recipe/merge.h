/// How a recipe and what it builds on (baseConfigs) become one document, as the language says key by key
/// (language.h, Inherit): texts override, lists append, maps merge.
#pragma once

#include <functional>

#include "recipe/document.h"
#include "recipe/language.h"

namespace keelson::recipe {

/// A key that only one file may give was given by two.
using ReportTwice = std::function<void(const Entry& first, const Entry& second)>;

/// Puts `over` on top of `base`. Nodes keep their marks, and so the file that they come from.
/// Values of the wrong type are taken as they are: the structural check has reported them.
void merge_onto(Node& base, Node over, const Section& section, const ReportTwice& report);

}  // namespace keelson::recipe
