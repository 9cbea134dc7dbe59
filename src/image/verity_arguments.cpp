#include "image/verity_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace keelson::image {

namespace {

constexpr std::array<std::string_view, 8> kPrefixes{
    "rd.systemd.verity=", "systemd.verity=", "systemd.verity_root_",  "systemd.verity_usr_",
    "roothash=",          "usrhash=",        "root=/dev/mapper/root", "mount.usr"};

bool is_verity_word(std::string_view word) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return word.starts_with(prefix); });
}

}  // namespace

std::vector<VerityArguments> verity_arguments(std::string_view command_line) {
  std::vector<VerityArguments> devices;
  for (const std::string_view name : {"root", "usr"}) {
    VerityArguments device{.name = std::string(name)};
    const auto take = [&](std::string_view word, const std::string& prefix, std::string& value) {
      if (word.starts_with(prefix)) value = word.substr(prefix.size());
    };
    for (const auto word : split_words(command_line)) {
      take(word, fmt::format("{}hash=", name), device.root_hash);
      take(word, fmt::format("systemd.verity_{}_data=", name), device.data);
      take(word, fmt::format("systemd.verity_{}_hash=", name), device.hash);
      take(word, fmt::format("systemd.verity_{}_options=", name), device.options);
    }
    if (!device.root_hash.empty()) devices.push_back(std::move(device));
  }
  return devices;
}

std::optional<std::string> verity_option(const VerityArguments& device, std::string_view name) {
  for (const auto option : split(device.options, ',')) {
    if (option.size() > name.size() && option.starts_with(name) && option[name.size()] == '=')
      return std::string(option.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::vector<std::string> verity_words(std::string_view command_line) {
  std::vector<std::string> words;
  for (const auto word : split_words(command_line)) {
    if (is_verity_word(word)) words.emplace_back(word);
  }
  return words;
}

std::string without_verity_words(std::string_view command_line) {
  std::string text;
  for (const auto word : split_words(command_line)) {
    if (!is_verity_word(word)) text += fmt::format("{}{}", text.empty() ? "" : " ", word);
  }
  return text;
}

}  // namespace keelson::image
