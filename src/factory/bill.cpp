#include "factory/bill.h"

#include <map>
#include <tuple>

#include "crypto/hash.h"
#include "inventory/collect_bill.h"
#include "sys/file.h"

namespace keelson::factory {

namespace {

using Key = std::tuple<std::string_view, std::string_view, std::string_view>;

template <class Package>
Key key_of(const Package& package) {
  return {package.name, package.version, package.architecture};
}

void add_archives(inventory::Bill& bill, const deb::Lock& lock) {
  std::map<Key, const deb::LockedPackage*> locked;
  for (const auto& package : lock.packages) locked[key_of(package)] = &package;
  for (auto& entry : bill.packages) {
    const auto found = locked.find(key_of(entry.package));
    if (found != locked.end()) entry.archive = found->second->sha256;
  }
}

}  // namespace

inventory::Bill bill_of_tree(const BillRequest& request, const RootDir& root) {
  inventory::Bill bill = inventory::collect_bill(
      {.text = [&](std::string_view path, ByteCount limit) { return root.find_text(path, limit); },
       .names = [&](std::string_view path) { return root.list(path); }});
  if (!request.name.empty()) bill.name = request.name;
  if (!request.image_version.empty()) bill.version = request.image_version;
  bill.epoch = request.epoch;
  bill.tool_version = KEELSON_VERSION;
  using Kind = inventory::BuildInput::Kind;
  if (request.base) bill.inputs.push_back(*request.base);
  bill.inputs.push_back({Kind::Recipe, request.recipe.file.filename(), sha256(read_file(request.recipe.file))});
  if (request.lock != nullptr) {
    add_archives(bill, *request.lock);
    bill.inputs.push_back({Kind::Lock, request.lock_file, sha256(deb::write_lock(*request.lock))});
  }
  return bill;
}

inventory::Bill bill_after_scripts(inventory::Bill before, const BillRequest& request, const RootDir& root) {
  if (!root.exists("var/lib/dpkg/status")) return before;
  inventory::Bill now = bill_of_tree(request, root);
  std::map<Key, inventory::PackageLicense*> licenses;
  for (auto& entry : before.packages) licenses[key_of(entry.package)] = &entry.license;
  for (auto& entry : now.packages) {
    const auto found = licenses.find(key_of(entry.package));
    if (entry.license.expression.empty() && found != licenses.end()) entry.license = std::move(*found->second);
  }
  return now;
}

}  // namespace keelson::factory
