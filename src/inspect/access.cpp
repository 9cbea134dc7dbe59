#include "inspect/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "inventory/system_facts.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostAccounts = 5000;
constexpr std::size_t kMostKeys = 1000;  // of one file
constexpr std::size_t kMostHomes = 500;  // that are looked into
constexpr std::size_t kMostRules = 500;
constexpr ByteCount kSmallFile = kibibytes(64);

json users(std::string_view passwd) {
  json result = json::array();
  for (const auto line : split(passwd, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 7 || result.size() == kMostAccounts) continue;
    result.push_back({{"name", fields[0]},
                      {"id", inventory::number_or_text(fields[2])},
                      {"group", inventory::number_or_text(fields[3])},
                      {"home", fields[5]},
                      {"shell", fields[6]}});
  }
  return result;
}

json groups(std::string_view group) {
  json result = json::array();
  for (const auto line : split(group, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 4 || result.size() == kMostAccounts) continue;
    json members = json::array();
    for (const auto name : split(fields[3], ','))
      if (!trim(name).empty() && members.size() < kMostAccounts) members.push_back(trim(name));
    result.push_back(
        {{"name", fields[0]}, {"id", inventory::number_or_text(fields[2])}, {"members", std::move(members)}});
  }
  return result;
}

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<Bytes> decoded(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> count & 0xff));
  }
  return bytes;
}

// RFC 4253: the blob begins with its type's name, behind its length.
bool is_key_of(const Bytes& blob, std::string_view type) {
  if (blob.size() < 4 + type.size()) return false;
  const auto length = std::to_integer<std::size_t>(blob[2]) << 8 | std::to_integer<std::size_t>(blob[3]);
  return blob[0] == std::byte{0} && blob[1] == std::byte{0} && length == type.size() &&
         as_text(ByteView(blob).subspan(4, type.size())) == type;
}

json key_facts(const SystemFiles& files, const std::string& user, const std::string& path) {
  const auto text = files.text(path, kSmallFile);
  if (!text) return nullptr;
  const auto fingerprints = key_fingerprints(*text);
  if (fingerprints.empty()) return nullptr;
  return {
      {"user", user}, {"file", harmless_text(path)}, {"count", fingerprints.size()}, {"fingerprints", fingerprints}};
}

json ssh_keys(const SystemFiles& files, std::string_view passwd) {
  json result = json::array();
  std::size_t homes = 0;
  for (const auto line : split(passwd, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 7 || !fields[5].starts_with('/') || ++homes > kMostHomes) continue;
    for (const std::string& path :
         {std::string(fields[5]) + "/.ssh/authorized_keys", std::string(fields[5]) + "/.ssh/authorized_keys2",
          "/etc/ssh/authorized_keys.d/" + std::string(fields[0])}) {
      if (json keys = key_facts(files, std::string(fields[0]), path); !keys.is_null())
        result.push_back(std::move(keys));
    }
  }
  return result;
}

void add_rules(json& rules, const SystemFiles& files, const std::string& path) {
  const auto text = files.harmless(path, kSmallFile);
  if (!text) return;
  std::string rule;
  for (const auto line : split(*text, '\n')) {
    const auto said = trim(line);
    if (rule.empty() && (said.empty() || said.starts_with('#'))) continue;
    rule += std::string(said);
    if (rule.ends_with('\\')) {
      rule.back() = ' ';
      continue;
    }
    if (!rule.starts_with("@include") && rules.size() < kMostRules)
      rules.push_back({{"file", harmless_text(path)}, {"line", rule}});
    rule.clear();
  }
}

// sudoers(5): names with a dot or a tilde at the end are not read in an included folder.
json sudo_rules(const SystemFiles& files) {
  json rules = json::array();
  add_rules(rules, files, "/etc/sudoers");
  for (const auto& name : files.list("/etc/sudoers.d"))
    if (name.find('.') == std::string::npos && !name.ends_with('~')) add_rules(rules, files, "/etc/sudoers.d/" + name);
  return {{"rules", std::move(rules)}};
}

}  // namespace

std::vector<std::string> key_fingerprints(std::string_view text) {
  std::vector<std::string> fingerprints;
  for (const auto line : split(text, '\n')) {
    if (trim(line).starts_with('#')) continue;
    // Options may stand in front: the key is the word behind its type.
    const auto words = split_words(line);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      const auto blob = decoded(words[i + 1]);
      if (!blob || !is_key_of(*blob, words[i])) continue;
      const Sha256 digest = sha256(*blob);
      std::string shown = base64(std::as_bytes(std::span(digest.bytes)));
      while (shown.ends_with('=')) shown.pop_back();
      if (fingerprints.size() < kMostKeys) fingerprints.push_back("SHA256:" + shown);
      break;
    }
  }
  return fingerprints;
}

void put_access(json& facts, const SystemFiles& files) {
  const std::string passwd = files.harmless("/etc/passwd").value_or("");
  facts["users"] = users(passwd);
  facts["groups"] = groups(files.harmless("/etc/group").value_or(""));
  facts["sshKeys"] = ssh_keys(files, passwd);
  facts["sudo"] = sudo_rules(files);
}

}  // namespace keelson::inspect
