#include "packages/deb/lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_fields.h"

namespace keelson::deb {

namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kMostPackages = 100'000;  // Debian has about 70,000 in all

Json to_json(const LockedPackage& package) {
  Json json{{"name", package.name},
            {"version", package.version},
            {"architecture", package.architecture},
            {"source", package.source},
            {"sourceVersion", package.source_version},
            {"sha256", package.sha256.hex()},
            {"size", package.size.value},
            {"url", package.url}};
  if (package.essential) json["essential"] = true;
  if (package.requested) json["requested"] = true;
  return json;
}

LockedPackage package_from(const JsonFields& fields) {
  return {.name = fields.text("name"),
          .version = fields.text("version"),
          .architecture = fields.text("architecture"),
          .source = fields.text("source"),
          .source_version = fields.text("sourceVersion"),
          .sha256 = fields.digest("sha256"),
          .size = {fields.number("size")},
          .url = fields.text("url"),
          .essential = fields.flag("essential"),
          .requested = fields.flag("requested")};
}

LockedSuite suite_from(const JsonFields& fields) {
  return {.suite = fields.text("suite"),
          .url = fields.text("url"),
          .release_sha256 = fields.digest("releaseSha256"),
          .date = fields.time("date")};
}

}  // namespace

std::int64_t Lock::epoch() const {
  std::int64_t newest = 0;
  for (const auto& suite : suites) newest = std::max(newest, suite.date);
  return newest;
}

std::string write_lock(const Lock& lock) {
  Json json{{"keelsonLock", kVersion}, {"architecture", lock.architecture}, {"requested", lock.requested}};
  if (!lock.snapshot_time.empty()) json["snapshotTime"] = lock.snapshot_time;
  json["suites"] = Json::array();
  for (const auto& suite : lock.suites) {
    json["suites"].push_back({{"suite", suite.suite},
                              {"url", suite.url},
                              {"releaseSha256", suite.release_sha256.hex()},
                              {"date", suite.date}});
  }
  json["packages"] = Json::array();
  for (const auto& package : lock.packages) json["packages"].push_back(to_json(package));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Lock parse_lock(std::string_view text, std::string_view name) {
  const JsonDocumentName document{"lock", name, "make it anew with 'keelson lock'"};
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) document.refuse("it is not JSON");
  const JsonFields top(json, "lock", document);
  if (top.number("keelsonLock") != kVersion) document.refuse("it was written by a newer keelson");
  Lock lock;
  lock.architecture = top.text("architecture");
  if (json.contains("snapshotTime")) lock.snapshot_time = top.text("snapshotTime");
  for (const Json& word : top.list("requested", kMostPackages)) {
    if (!word.is_string()) document.refuse("lock.requested holds something that is not a string");
    lock.requested.push_back(word.get<std::string>());
  }
  for (const Json& suite : top.list("suites", kMostPackages)) {
    lock.suites.push_back(suite_from(JsonFields(suite, fmt::format("suites[{}]", lock.suites.size()), document)));
  }
  for (const Json& package : top.list("packages", kMostPackages)) {
    lock.packages.push_back(
        package_from(JsonFields(package, fmt::format("packages[{}]", lock.packages.size()), document)));
  }
  const auto by_name = [](const LockedPackage& a, const LockedPackage& b) { return a.name < b.name; };
  if (!std::is_sorted(lock.packages.begin(), lock.packages.end(), by_name))
    document.refuse("its packages are not sorted by name");
  return lock;
}

}  // namespace keelson::deb
