#include "packages/deb/repository/host_sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "formats/deb822/stanza.h"
#include "sys/file.h"

namespace keelson::deb {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostSources = 4096;
constexpr std::size_t kMostFiles = 1000;
constexpr ByteCount kLargestFile = mebibytes(4);

// The words of a value that people write over several lines, comment lines between them left out.
std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> words;
  for (const auto line : split(value, '\n')) {
    if (line.starts_with('#')) continue;
    for (const auto word : split_words(line)) words.emplace_back(word);
  }
  return words;
}

bool is_false(std::string_view value) {
  std::string word(trim(value));
  std::transform(word.begin(), word.end(), word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return word == "false" || word == "no" || word == "off" || word == "0" || word == "without" || word == "disable";
}

// An armoured key inside a .sources file: the leading space of each line goes, and " ." is an empty line.
std::string key_text(std::string_view value) {
  if (value.find("-----BEGIN") == std::string_view::npos) return std::string(trim(value));
  std::string text;
  for (const auto line : split(value, '\n')) {
    const auto content = trim(line);
    text += fmt::format("{}\n", content == "." ? "" : content);
  }
  return text;
}

HostSource parse_line(std::string_view line, std::string_view name, std::size_t number) {
  const auto fail = [&](std::string_view cause) {
    return Error(ErrorKind::BadInput, fmt::format("cannot read '{}': line {}: {}", name, number, cause));
  };
  HostSource source;
  std::string_view rest = trim(line.substr(3));
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) throw fail("']' is missing");
    for (const auto option : split_words(rest.substr(1, end - 1))) {
      if (option.starts_with("signed-by=")) source.signed_by = option.substr(option.find('=') + 1);
    }
    rest = rest.substr(end + 1);
  }
  const auto words = split_words(rest.substr(0, rest.find('#')));
  if (words.size() < 2) throw fail("expected 'deb [options] uri suite components'");
  source.uris.emplace_back(words[0]);
  source.suites.emplace_back(words[1]);
  for (std::size_t i = 2; i < words.size(); ++i) source.components.emplace_back(words[i]);
  return source;
}

// The files of a ".d" folder that apt would read, in its order.
std::vector<fs::path> files_in(const fs::path& folder, const std::vector<std::string>& extensions) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (files.size() >= kMostFiles) break;
    const std::string extension = entry.path().extension().native();
    if (entry.path().filename().native().starts_with('.')) continue;
    if (std::find(extensions.begin(), extensions.end(), extension) != extensions.end()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Runs body with the file's text. What cannot be read is remarked on and otherwise ignored; a missing file is silent.
template <typename Body>
void with_file(const fs::path& path, std::vector<std::string>& remarks, Body&& body) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return;
  try {
    body(read_file(path, kLargestFile));
  } catch (const Error& problem) {
    remarks.push_back(problem.message());
  }
}

void read_settings(const fs::path& etc_apt, HostAptConfiguration& configuration) {
  std::map<std::string, std::string> settings;
  auto files = files_in(etc_apt / "apt.conf.d", {"", ".conf"});
  files.push_back(etc_apt / "apt.conf");
  for (const auto& file : files) {
    with_file(file, configuration.remarks,
              [&](const std::string& text) { parse_apt_conf(text, file.native(), settings); });
  }
  const auto value = [&](const char* key) { return settings.contains(key) ? settings[key] : std::string(); };
  configuration.check_valid_until = !is_false(value("acquire::check-valid-until"));
  configuration.check_date = !is_false(value("acquire::check-date"));
  configuration.http_proxy = value("acquire::http::proxy");
}

}  // namespace

std::vector<HostSource> parse_one_line_sources(std::string_view text, std::string_view name) {
  std::vector<HostSource> sources;
  std::size_t number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (!line.starts_with("deb ") && !line.starts_with("deb\t") && !line.starts_with("deb[")) continue;
    if (sources.size() >= kMostSources) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': too many sources", name));
    }
    sources.push_back(parse_line(line, name, number));
  }
  return sources;
}

std::vector<HostSource> parse_deb822_sources(std::string_view text, std::string_view name) {
  std::vector<HostSource> sources;
  deb822::parse_stanzas(text, name, [&](const deb822::Stanza& stanza) {
    const auto types = words_of(stanza.find("Types"));
    if (std::find(types.begin(), types.end(), "deb") == types.end()) return;
    if (stanza.has("Enabled") && is_false(stanza.find("Enabled"))) return;
    HostSource source{words_of(stanza.find("URIs")), words_of(stanza.find("Suites")),
                      words_of(stanza.find("Components")), key_text(stanza.find("Signed-By"))};
    if (source.uris.empty() || source.suites.empty()) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': a source needs URIs and Suites", name));
    }
    if (sources.size() >= kMostSources) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': too many sources", name));
    }
    sources.push_back(std::move(source));
  });
  return sources;
}

HostAptConfiguration read_host_apt_configuration(const fs::path& etc_apt) {
  HostAptConfiguration configuration;
  std::vector<fs::path> files{etc_apt / "sources.list"};
  for (auto& file : files_in(etc_apt / "sources.list.d", {".list", ".sources"})) files.push_back(std::move(file));
  for (const auto& file : files) {
    with_file(file, configuration.remarks, [&](const std::string& text) {
      auto sources = file.extension() == ".sources" ? parse_deb822_sources(text, file.native())
                                                    : parse_one_line_sources(text, file.native());
      for (auto& source : sources) configuration.sources.push_back(std::move(source));
    });
  }
  read_settings(etc_apt, configuration);
  return configuration;
}

}  // namespace keelson::deb
