#include "factory/history.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "crypto/hash.h"
#include "recipe/document.h"
#include "recipe/folder_digests.h"
#include "sys/file.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

constexpr ByteCount kMostHistory = mebibytes(16);
constexpr const char* kRedacted = "[redacted]";

std::string utc(std::int64_t epoch) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(epoch)));
}

Json scalar(const recipe::Node& node) {
  if (!node.plain) return node.text;
  if (node.text == "true" || node.text == "false") return node.text == "true";
  const bool is_number = !node.text.empty() && node.text.size() <= 15 &&
                         std::all_of(node.text.begin(), node.text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
                         (node.text.size() == 1 || node.text.front() != '0');
  if (is_number) return std::stoll(node.text);
  return node.text;
}

bool is_secret(std::string_view key, std::string_view parent) {
  return key == "sshPublicKeys" || (key == "value" && parent == "password");
}

// The digest of a file that the entry names; none for what is gone.
void add_digest(Json& object, const recipe::Node& node, const fs::path& folder) {
  for (const char* key : {"source", "path"}) {
    const auto* named = node.find(key);
    if (named == nullptr || named->kind != recipe::Node::Kind::Scalar || named->text.empty()) continue;
    const fs::path file = folder / named->text;
    if (std::error_code ignored; fs::is_regular_file(file, ignored)) object["sha256hash"] = sha256_file(file).hex();
  }
}

// Of a folder, those of its files.
void add_digests(Json& object, const recipe::Node& node, const fs::path& folder) {
  const auto* named = node.find("source");
  if (named == nullptr || named->kind != recipe::Node::Kind::Scalar || named->text.empty()) return;
  if (std::error_code ignored; !fs::is_directory(folder / named->text, ignored)) return;
  Json digests = Json::object();
  for (const auto& [name, digest] : recipe::folder_digests(folder / named->text)) digests[name] = digest.hex();
  object["sha256hashmap"] = std::move(digests);
}

/// The nodes of a recipe are at most recipe::kMostDepth deep.
// NOLINTNEXTLINE(misc-no-recursion)
Json to_json(const recipe::Node& node, std::string_view key, const fs::path& folder) {
  switch (node.kind) {
    case recipe::Node::Kind::Null:
      return nullptr;
    case recipe::Node::Kind::Scalar:
      return scalar(node);
    case recipe::Node::Kind::List: {
      Json list = Json::array();
      for (const auto& item : node.items) list.push_back(to_json(item, key, folder));
      return list;
    }
    case recipe::Node::Kind::Map:
      break;
  }
  Json object = Json::object();
  for (const auto& entry : node.entries) {
    object[entry.key] =
        is_secret(entry.key, key) ? Json(std::string(kRedacted)) : to_json(entry.value, entry.key, folder);
  }
  const bool names_files =
      key == "additionalFiles" || key == "postCustomization" || key == "finalizeCustomization" || key == "baseConfigs";
  if (names_files) add_digest(object, node, folder);
  if (key == "additionalDirs") add_digests(object, node, folder);
  return object;
}

Json configuration(const recipe::Recipe& recipe) {
  recipe::Findings ignored;  // it was read before, without errors
  const auto document = recipe::parse_document(read_file(recipe.file), ignored);
  return document ? to_json(*document, "", recipe.file.parent_path()) : Json::object();
}

// The records before are kept as they are, byte for byte.
std::string appended(const std::string& history, const std::string& record) {
  const std::string_view before = trim(history);
  if (before.empty()) return fmt::format("[\n{}\n]\n", record);
  if (!before.starts_with('[') || !Json::accept(before)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot add to the image's /{}: it is no JSON array", kHistoryFile),
                "set os.imageHistory to none, or remove the file from the base");
  }
  const std::string_view records = trim(before.substr(1, before.size() - 2));
  return fmt::format("[\n{}{}{}\n]\n", records, records.empty() ? "" : ",\n", record);
}

}  // namespace

void record_customization(const recipe::Recipe& recipe, const Sha256& seed, std::int64_t epoch, const RootDir& root) {
  const std::string version = fmt::format("keelson {}", KEELSON_VERSION);
  const std::string image = uuid_from_digest(sha256(fmt::format("{} image", seed.hex()))).text();
  const auto write = [&](const std::string& path, const std::string& text) {
    root.make_folders(fs::path(path).parent_path().native());
    if (root.status(path)) root.remove(path);
    root.write(path, text);
  };
  write(kReleaseFile,
        fmt::format("TOOL_VERSION=\"{}\"\nBUILD_DATE=\"{}\"\nIMAGE_UUID=\"{}\"\n", version, utc(epoch), image));
  if (!recipe.os.keep_image_history) return;
  const Json record{
      {"timestamp", utc(epoch)}, {"toolVersion", version}, {"imageUuid", image}, {"config", configuration(recipe)}};
  write(kHistoryFile, appended(root.find_text(kHistoryFile, kMostHistory).value_or(""), record.dump(2)));
}

}  // namespace keelson::factory
