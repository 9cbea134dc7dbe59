#include "fleet/lifecycle/node_image.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "base/text.h"

namespace keelson::fleet::lifecycle {

namespace {

constexpr std::size_t kLongestName = 256;

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

bool is_possible_day(int year, int month, int day) {
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

/// YYYYMM.DD.P
bool read_version(std::string_view text, NodeImage& image) {
  const auto parts = split(text, '.');
  if (parts.size() != 3 || parts[0].size() != 6 || parts[1].size() != 2 || parts[2].size() > 4) return false;
  if (!std::all_of(parts.begin(), parts.end(), is_digits)) return false;
  image.version = std::string(text);
  image.year = number(parts[0].substr(0, 4));
  image.month = number(parts[0].substr(4));
  image.day = number(parts[1]);
  image.build = number(parts[2]);
  return is_possible_day(image.year, image.month, image.day);
}

/// YYYY.MM.DD
bool read_patched(std::string_view text, NodeImage& image) {
  const auto parts = split(text, '.');
  if (parts.size() != 3 || parts[0].size() != 4 || parts[1].size() != 2 || parts[2].size() != 2) return false;
  if (!std::all_of(parts.begin(), parts.end(), is_digits)) return false;
  image.patched = std::string(text);
  return is_possible_day(number(parts[0]), number(parts[1]), number(parts[2]));
}

void read_flavour(NodeImage& image) {
  std::string flavour = image.flavour;
  std::transform(flavour.begin(), flavour.end(), flavour.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto has = [&](std::string_view word) { return flavour.find(word) != std::string::npos; };
  image.fips = has("fips");
  image.arm64 = has("arm64");
  image.kata = has("kata");
  image.confidential = has("cvm");
  image.trusted_launch = flavour.ends_with("tl");
  image.generation = has("gen2") ? 2 : has("gen1") ? 1 : 0;
}

}  // namespace

std::optional<NodeImage> parse_node_image(std::string_view name) {
  if (name.size() > kLongestName) return std::nullopt;
  const auto parts = split(name, '-');
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  NodeImage image;
  image.family = std::string(parts[0]);
  image.flavour = std::string(parts[1]);
  if (!image.family.starts_with("AKS") || image.family.size() < 4) return std::nullopt;
  if (!std::all_of(image.family.begin(), image.family.end(), is_letter)) return std::nullopt;
  const auto is_word = [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  if (image.flavour.empty() || !std::all_of(image.flavour.begin(), image.flavour.end(), is_word)) return std::nullopt;
  if (!read_version(parts[2], image)) return std::nullopt;
  if (parts.size() == 4 && !read_patched(parts[3], image)) return std::nullopt;
  read_flavour(image);
  return image;
}

bool is_older(const NodeImage& left, const NodeImage& right) {
  const auto when = [](const NodeImage& image) {
    return std::tie(image.year, image.month, image.day, image.build, image.patched);
  };
  return when(left) < when(right);
}

}  // namespace keelson::fleet::lifecycle
