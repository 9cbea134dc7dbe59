#include "page/html.h"

#include <fmt/format.h>

#include "base/harmless_text.h"

namespace keelson::page {

namespace {

// Every colour of text has a contrast of at least 4.5 to the page's, in light and in dark: WCAG 2.2, 1.4.3; html_test
// computes it.
constexpr std::string_view kStyle =
    R"(:root { color-scheme: light dark; --page: #ffffff; --text: #1b1b1b; --line: #8884; --plus: #176b2c; --minus: #a01b1b; --soft: #5c5c5c; }
@media (prefers-color-scheme: dark) { :root { --page: #16181c; --text: #e8e8e8; --plus: #6fce86; --minus: #ff8a8a; --soft: #aaaaaa; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; background: var(--page); color: var(--text); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
code, pre { font: 14px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; margin: 0; }
.plus { color: var(--plus); } .minus { color: var(--minus); } .soft { color: var(--soft); }
summary { cursor: pointer; padding: .3rem 0; } details { border-bottom: 1px solid var(--line); }
)";

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : harmless_text(text)) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

std::string html_head(std::string_view title, std::string_view style) {
  return fmt::format(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>{}</title>
<style>
{}{}</style>
</head>
<body>
)",
      escaped(title), kStyle, style);
}

}  // namespace keelson::page
