#include "inventory/rpm_license.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "inventory/license_names.h"

namespace keelson::inventory {

namespace {

constexpr std::size_t kLongestTag = 16 * 1024;
constexpr std::size_t kMostWords = 2048;
constexpr std::string_view kNoText = "The package names this licence and holds no text of it.";

struct Name {
  std::string_view rpm;
  std::string_view spdx;
};

// Names of before SPDX's that say one thing. "BSD" and "LGPLv2+" do not: they were used for several.
constexpr Name kOldNames[] = {
    {"GPLv1", "GPL-1.0-only"},
    {"GPLv1+", "GPL-1.0-or-later"},
    {"GPL+", "GPL-1.0-or-later"},
    {"GPLv2", "GPL-2.0-only"},
    {"GPLv2+", "GPL-2.0-or-later"},
    {"GPLv3", "GPL-3.0-only"},
    {"GPLv3+", "GPL-3.0-or-later"},
    {"LGPLv2.1", "LGPL-2.1-only"},
    {"LGPLv2.1+", "LGPL-2.1-or-later"},
    {"LGPLv3", "LGPL-3.0-only"},
    {"LGPLv3+", "LGPL-3.0-or-later"},
    {"AGPLv3", "AGPL-3.0-only"},
    {"AGPLv3+", "AGPL-3.0-or-later"},
    {"ASL 1.1", "Apache-1.1"},
    {"ASL 2.0", "Apache-2.0"},
    {"Apache License 2.0", "Apache-2.0"},
    {"Boost", "BSL-1.0"},
    {"MPLv1.1", "MPL-1.1"},
    {"MPLv2.0", "MPL-2.0"},
    {"EPL", "EPL-1.0"},
};

// Of SPDX's list of exceptions those that packages name; their spelling is theirs whatever the case.
constexpr std::string_view kExceptions[] = {
    "Autoconf-exception-2.0",
    "Autoconf-exception-3.0",
    "Bison-exception-2.2",
    "Bootloader-exception",
    "Classpath-exception-2.0",
    "Font-exception-2.0",
    "GCC-exception-2.0",
    "GCC-exception-3.1",
    "LGPL-3.0-linking-exception",
    "LLVM-exception",
    "Libtool-exception",
    "Linux-syscall-note",
    "Swift-exception",
    "Universal-FOSS-exception-1.0",
    "WxWindows-exception-3.1",
    "eCos-exception-2.0",
    "u-boot-exception-2.0",
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Words, and parentheses as words of their own.
std::vector<std::string_view> words_of(std::string_view tag) {
  std::vector<std::string_view> words;
  for (auto word : split_words(tag)) {
    while (!word.empty()) {
      const auto cut = word.find_first_of("()");
      const auto length = cut == 0 ? 1 : std::min(cut, word.size());
      words.push_back(word.substr(0, length));
      word.remove_prefix(length);
    }
  }
  return words;
}

// One licence's name; "" when it has none in SPDX.
std::string known_name(std::string_view name) {
  const auto old = std::find_if(std::begin(kOldNames), std::end(kOldNames),
                                [&](const Name& each) { return lower(each.rpm) == lower(name); });
  if (old != std::end(kOldNames)) return std::string(old->spdx);
  return name.find(' ') == std::string_view::npos ? spdx_license(name) : std::string();
}

// "or-later with GCC-exception-3.1": nothing for an exception that is not known.
std::string with_exception(const std::string& license, std::string_view exception) {
  for (const auto known : kExceptions)
    if (lower(known) == lower(exception) && !license.empty() && license.find(' ') == std::string::npos)
      return license + " WITH " + std::string(known);
  return {};
}

class Reading {
 public:
  explicit Reading(std::string_view tag) : words_(words_of(tag)) {}

  // Nothing when it does not follow the syntax.
  std::optional<PackageLicense> read() {
    if (words_.empty() || words_.size() > kMostWords) return std::nullopt;
    int open = 0;
    bool wants_license = true;
    for (std::size_t i = 0; i < words_.size();) {
      const auto word = words_[i];
      const std::string small = lower(word);
      const bool joins = small == "and" || small == "or";
      if (word == "(") {
        if (!wants_license) return std::nullopt;
        ++open;
        put("(");
      } else if (word == ")") {
        if (wants_license || open-- == 0) return std::nullopt;
        result_.expression += ")";
      } else if (joins) {
        if (wants_license) return std::nullopt;
        put(small == "and" ? "AND" : "OR");
        wants_license = true;
      } else {
        if (!wants_license) return std::nullopt;
        i = put_license(i);
        wants_license = false;
        continue;
      }
      ++i;
    }
    if (wants_license || open != 0) return std::nullopt;
    for (auto& [id, license] : references_) result_.extracted.push_back(std::move(license));
    return std::move(result_);
  }

 private:
  static bool ends_name(std::string_view word) {
    const std::string small = lower(word);
    return word == "(" || word == ")" || small == "and" || small == "or";
  }

  void put(std::string_view text) {
    if (!result_.expression.empty() && !result_.expression.ends_with('(')) result_.expression += ' ';
    result_.expression += text;
  }

  static std::string_view joined(std::string_view first, std::string_view last) {
    return {first.data(), static_cast<std::size_t>(last.data() + last.size() - first.data())};
  }

  // The words up to the next operator. Returns where that is.
  std::size_t put_license(std::size_t begin) {
    std::size_t end = begin, with = 0;
    for (; end < words_.size() && !ends_name(words_[end]); ++end)
      if (lower(words_[end]) == "with" && end > begin && with == 0) with = end;
    const auto whole = joined(words_[begin], words_[end - 1]);
    std::string known;
    if (with == 0) {
      known = known_name(whole);
    } else if (with + 1 < end) {
      known = with_exception(known_name(joined(words_[begin], words_[with - 1])),
                             joined(words_[with + 1], words_[end - 1]));
    }
    if (known.empty()) {
      auto reference = extracted_license(whole, kNoText);
      known = reference.id;
      references_.emplace(known, std::move(reference));
    }
    put(known);
    return end;
  }

  std::vector<std::string_view> words_;
  PackageLicense result_;
  std::map<std::string, ExtractedLicense> references_;
};

}  // namespace

PackageLicense read_rpm_license(std::string_view tag) {
  tag = trim(tag).substr(0, kLongestTag);
  if (tag.empty()) return {.expression = {}, .note = "the package names no licence", .extracted = {}};
  if (auto license = Reading(tag).read()) return *std::move(license);
  auto reference = extracted_license(tag, kNoText);
  PackageLicense license{.expression = reference.id, .note = {}, .extracted = {}};
  license.extracted.push_back(std::move(reference));
  return license;
}

}  // namespace keelson::inventory
