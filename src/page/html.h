/// Pages for people: what every HTML page of this product begins with, and text made fit to stand in one.
#pragma once

#include <string>
#include <string_view>

namespace keelson::page {

/// The text with everything that HTML gives a meaning replaced, for content and for attributes in double quotes.
/// Bytes that are no UTF-8, and control characters, become '?'.
std::string escaped(std::string_view text);

/// From the doctype to <body>: UTF-8, no script, nothing from a network, light and dark.
/// @param title escaped here. @param style more CSS, after that of all pages: ours, never from outside.
std::string html_head(std::string_view title, std::string_view style = "");

}  // namespace keelson::page
