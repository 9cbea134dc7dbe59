/// Debian version comparison: deb-version(7), "Sorting algorithm".
#pragma once

#include <compare>
#include <string_view>

namespace keelson::deb {

/// Compares "[epoch:]upstream[-revision]" as dpkg does. Total: any text compares, no exception.
std::weak_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace keelson::deb
