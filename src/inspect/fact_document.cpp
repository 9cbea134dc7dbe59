#include "inspect/fact_document.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "sys/file.h"
#include "sys/unique_fd.h"

namespace keelson::inspect {

using nlohmann::json;

namespace {

constexpr int kMostDepth = 64;  // facts have less than ten; who writes them out again goes as deep on the stack

[[noreturn]] void refuse(const std::string& name, const char* why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': it is JSON, but {}", name, why),
              "facts are what 'keelson inspect --json' and 'keelson boot --facts' print");
}

}  // namespace

bool is_document(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  const UniqueFd fd = open_file(path, O_RDONLY);
  std::string head(4096, '\0');
  const auto length = ::pread(fd.get(), head.data(), head.size(), 0);
  if (length <= 0) return false;
  head.resize(static_cast<std::size_t>(length));
  return std::none_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && c != '\n' && c != '\t' && c != '\r';
  });
}

json parse_fact_document(const std::string& text, const std::string& name) {
  const auto bounded = [&](int depth, json::parse_event_t, json&) {
    if (depth > kMostDepth) refuse(name, "nested too deep for facts");
    return true;
  };
  json facts = json::parse(text, bounded, false);
  if (facts.is_object() && facts.contains("facts")) facts = json(facts["facts"]);
  if (!facts.is_object() || facts.value("schema", json()) != "keelson-facts/1") refuse(name, "no facts");
  return facts;
}

}  // namespace keelson::inspect
