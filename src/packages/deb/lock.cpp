#include "packages/deb/lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace keelson::deb {

namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kMostPackages = 100'000;  // Debian has about 70,000 in all

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read lock '{}': {}", name, why),
              "make it anew with 'keelson lock'");
}

// Reads typed fields of one object; names the field that is wrong.
class Fields {
 public:
  Fields(const Json& object, std::string where, std::string_view name)
      : object_(object), where_(std::move(where)), name_(name) {
    if (!object.is_object()) refuse(name_, where_ + " is not an object");
  }

  std::string text(const char* key) const {
    const Json& value = at(key);
    if (!value.is_string()) refuse(name_, fmt::format("{}.{} is not a string", where_, key));
    return value.get<std::string>();
  }
  std::uint64_t number(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number_unsigned())
      refuse(name_, fmt::format("{}.{} is not a non-negative whole number", where_, key));
    return value.get<std::uint64_t>();
  }
  bool flag(const char* key) const { return object_.contains(key) && at(key) == Json(true); }
  Sha256 digest(const char* key) const {
    const std::string hex = text(key);
    try {
      return parse_sha256(hex);
    } catch (const Error&) {
      refuse(name_, fmt::format("{}.{} is not a SHA-256 digest", where_, key));
    }
  }
  const Json& list(const char* key) const {
    const Json& value = at(key);
    if (!value.is_array()) refuse(name_, fmt::format("{}.{} is not a list", where_, key));
    if (value.size() > kMostPackages) refuse(name_, fmt::format("{}.{} has too many entries", where_, key));
    return value;
  }

 private:
  const Json& at(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) refuse(name_, fmt::format("{}.{} is missing", where_, key));
    return *found;
  }

  const Json& object_;
  std::string where_;
  std::string_view name_;
};

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

LockedPackage package_from(const Fields& fields) {
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

LockedSuite suite_from(const Fields& fields) {
  return {.suite = fields.text("suite"),
          .url = fields.text("url"),
          .release_sha256 = fields.digest("releaseSha256"),
          .date = static_cast<std::int64_t>(fields.number("date"))};
}

}  // namespace

std::int64_t Lock::epoch() const {
  std::int64_t newest = 0;
  for (const auto& suite : suites) newest = std::max(newest, suite.date);
  return newest;
}

std::string write_lock(const Lock& lock) {
  Json json{{"keelsonLock", kVersion}, {"architecture", lock.architecture}, {"requested", lock.requested}};
  json["suites"] = Json::array();
  for (const auto& suite : lock.suites) {
    json["suites"].push_back({{"suite", suite.suite},
                              {"url", suite.url},
                              {"releaseSha256", suite.release_sha256.hex()},
                              {"date", suite.date}});
  }
  json["packages"] = Json::array();
  for (const auto& package : lock.packages) json["packages"].push_back(to_json(package));
  return json.dump(1) + "\n";
}

Lock parse_lock(std::string_view text, std::string_view name) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) refuse(name, "it is not JSON");
  const Fields top(json, "lock", name);
  if (top.number("keelsonLock") != kVersion) refuse(name, "it was written by a newer keelson");
  Lock lock;
  lock.architecture = top.text("architecture");
  for (const Json& word : top.list("requested")) {
    if (!word.is_string()) refuse(name, "lock.requested holds something that is not a string");
    lock.requested.push_back(word.get<std::string>());
  }
  for (const Json& suite : top.list("suites")) {
    lock.suites.push_back(suite_from(Fields(suite, fmt::format("suites[{}]", lock.suites.size()), name)));
  }
  for (const Json& package : top.list("packages")) {
    lock.packages.push_back(package_from(Fields(package, fmt::format("packages[{}]", lock.packages.size()), name)));
  }
  const auto by_name = [](const LockedPackage& a, const LockedPackage& b) { return a.name < b.name; };
  if (!std::is_sorted(lock.packages.begin(), lock.packages.end(), by_name))
    refuse(name, "its packages are not sorted by name");
  return lock;
}

}  // namespace keelson::deb
