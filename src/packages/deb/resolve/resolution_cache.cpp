#include "packages/deb/resolve/resolution_cache.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"

namespace keelson::deb {

namespace {

// Changes whenever the same indices and goal could lead to another lock than before.
constexpr int kResolverVersion = 1;

}  // namespace

Sha256 resolution_key(std::span<const IndexSource> indices, const Goal& goal) {
  nlohmann::json key{{"resolver", kResolverVersion},       {"architecture", goal.architecture},
                     {"recommends", goal.recommends},      {"install", goal.install},
                     {"indices", nlohmann::json::array()}, {"provided", nlohmann::json::array()}};
  for (const auto& index : indices) {
    key["indices"].push_back({index.sha256.hex(), index.base_url, index.suite, index.component});
  }
  for (const auto& package : goal.provided)
    key["provided"].push_back({package.name, package.version, package.provides});
  return sha256(key.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

std::filesystem::path resolution_path(const std::filesystem::path& cache_folder, const Sha256& key) {
  return cache_folder / "resolved" / (key.hex() + ".json");
}

std::optional<Lock> find_resolution(const std::filesystem::path& cache_folder, const Sha256& key) {
  const auto path = resolution_path(cache_folder, key);
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    const auto kept = nlohmann::json::parse(read_file(path, mebibytes(256)));
    const auto text = kept.at("lock").get<std::string>();
    if (sha256(text).hex() != kept.at("sha256").get<std::string>()) return std::nullopt;
    return parse_lock(text, path.native());
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void store_resolution(const std::filesystem::path& cache_folder, const Sha256& key, const Lock& lock) {
  const auto path = resolution_path(cache_folder, key);
  const std::string text = write_lock(lock);
  std::error_code problem;
  std::filesystem::create_directories(path.parent_path(), problem);
  if (problem) throw system_error("create", path.parent_path().native(), problem.value());
  write_file_atomically(path, nlohmann::json{{"lock", text}, {"sha256", sha256(text).hex()}}.dump() + "\n");
}

}  // namespace keelson::deb
