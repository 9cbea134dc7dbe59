#include "image/mount_table.h"

#include <fmt/format.h>

#include "base/text.h"

namespace keelson::image {

namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// "\040" and its like: fstab(5), getmntent(3).
std::string decode(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) && is_octal(field[i + 2]) &&
        is_octal(field[i + 3])) {
      text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

std::string encode(std::string_view field) {
  std::string text;
  for (const char c : field) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\' || c == '#') {
      text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (at < line.size()) {
    const auto begin = line.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) break;
    const auto end = std::min(line.find_first_of(" \t\r", begin), line.size());
    fields.push_back(decode(line.substr(begin, end - begin)));
    at = end;
  }
  return fields;
}

}  // namespace

std::vector<MountLine> parse_mount_table(std::string_view text) {
  std::vector<MountLine> lines;
  for (const auto line : split(text, '\n')) {
    if (trim(line).starts_with('#')) continue;
    auto fields = fields_of(line);
    if (fields.size() < 3) continue;
    fields.resize(6);
    lines.push_back({.source = fields[0],
                     .mount_point = fields[1],
                     .type = fields[2],
                     .options = fields[3].empty() ? "defaults" : fields[3],
                     .dump = fields[4].empty() ? "0" : fields[4],
                     .pass = fields[5].empty() ? "0" : fields[5]});
  }
  return lines;
}

std::string mount_line(const MountLine& line) {
  return fmt::format("{} {} {} {} {} {}\n", encode(line.source), encode(line.mount_point), line.type,
                     encode(line.options), line.dump, line.pass);
}

}  // namespace keelson::image
