// What the FIPS mode refuses and what it does, from what fips_probe.cpp tried.
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "machine/facts.h"

namespace keelson::machine {

namespace {

using nlohmann::json;

constexpr std::size_t kMaxProviders = 20;

/// The word after `name` in lines "name word"; "" when it was not tried.
std::string_view answer(const Sections& sections, std::string_view section, std::string_view name) {
  for (const auto line : split(section_text(sections, section), '\n')) {
    const auto words = split_words(line);
    if (words.size() == 2 && words[0] == name) return words[1];
  }
  return {};
}

/// openssl-list(1) -providers: a line with the provider's name, and lines "key: value" that belong to it.
json active_providers(std::string_view text) {
  json active = json::array();
  std::string_view name;
  for (const auto line : split(text, '\n')) {
    const auto said = trim(line);
    if (said == "status: active" && !name.empty() && active.size() < kMaxProviders) active.push_back(name);
    if (!said.empty() && said.find(':') == std::string_view::npos) name = said;
  }
  return active;
}

/// Of programs' exit codes: "works" when any of them did it.
void put_outcome(json& object, const char* key, std::initializer_list<std::string_view> exit_codes) {
  bool works = false;
  for (const auto code : exit_codes) {
    if (code.empty()) return;
    works = works || code == "0";
  }
  object[key] = works ? "works" : "refused";
}

json openssl(const Sections& sections) {
  json result = json::object();
  result["providers"] = active_providers(section_text(sections, "fips-providers"));
  const auto code = [&](std::string_view name) { return answer(sections, "fips-openssl", name); };
  put_outcome(result, "md5", {code("md5")});
  put_outcome(result, "rsa1024", {code("rsa1024-generate"), code("rsa1024-sign")});
  put_outcome(result, "aesGcm", {code("aes-gcm")});
  return result;
}

void put_word(json& object, const char* key, std::string_view word) {
  if (word == "works" || word == "refused" || word == "wrong") object[key] = word;
}

json kernel(const Sections& sections) {
  json result = json::object();
  put_word(result, "md5", answer(sections, "fips-kernel", "md5"));
  put_word(result, "aesGcm", answer(sections, "fips-kernel", "aes-gcm"));
  return result;
}

}  // namespace

json fips(const Sections& sections) {
  json result{{"enabled", section_text(sections, "fips") == "1"}};
  if (sections.contains("fips-openssl")) result["openssl"] = openssl(sections);
  if (sections.contains("fips-kernel")) result["kernel"] = kernel(sections);
  return result;
}

}  // namespace keelson::machine
