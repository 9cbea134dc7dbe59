/// For tests: how well text stands out, from 1 to 21. WCAG 2.2, "relative luminance" and "contrast ratio".
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <string>

namespace keelson::page {

inline double luminance(const std::string& colour) {
  double sum = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (std::size_t i = 0; i < 3; ++i) {
    const double part = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    sum += weights[i] * (part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
  }
  return sum;
}

inline double contrast(const std::string& a, const std::string& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

/// Of a style its colours by name: "--page: #ffffff;"
inline std::map<std::string, std::string> colours_of(const std::string& css) {
  std::map<std::string, std::string> colours;
  const std::regex form("--([a-z]+): (#[0-9a-f]{6});");
  for (auto i = std::sregex_iterator(css.begin(), css.end(), form); i != std::sregex_iterator(); ++i)
    colours[(*i)[1]] = (*i)[2];
  return colours;
}

}  // namespace keelson::page
