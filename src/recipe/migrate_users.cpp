// Users as they were described. Source: as in migrate_moves.cpp. Notes never hold a password.
#include <fmt/format.h>

#include <map>

#include "recipe/migrate_forms.h"

namespace keelson::recipe {

namespace {

void rename_keys(Node& user, const std::string& path, Notes& notes) {
  static const std::map<std::string, std::string, std::less<>> kRenamed{{"sshPubKeyPaths", "sshPublicKeyPaths"},
                                                                        {"sshPubKeys", "sshPublicKeys"}};
  for (auto& entry : user.entries) {
    const auto renamed = kRenamed.find(entry.key);
    if (renamed == kRenamed.end() || user.find(renamed->second) != nullptr) continue;
    notes.changed(entry.mark, fmt::format("{}.{}", path, entry.key), fmt::format("{}.{}", path, renamed->second),
                  "the key was renamed");
    entry.key = renamed->second;
  }
}

/// A password was a text, with a key beside it that says whether it is a hash, or a file's path.
void reshape_password(Node& user, const std::string& path, Notes& notes) {
  const Node* given = user.find("password");
  if (given != nullptr && given->kind != Node::Kind::Scalar) return;
  const auto hashed = take_at(user, "passwordHashed");
  const auto file = take_at(user, "passwordPath");
  const auto password = take_at(user, "password");
  const bool is_hash = hashed && hashed->value.text == "true";
  const Entry* value = file && !file->value.text.empty() ? &*file : password ? &*password : nullptr;
  if (value == nullptr || value->value.text.empty()) return;
  Node section = map_node(value->mark);
  const bool in_file = file && value == &*file;
  const std::string type = fmt::format("{}{}", is_hash ? "hashed" : "plain-text", in_file ? "-file" : "");
  add_entry(section, "type", text_node(type, value->mark));
  add_entry(section, "value", text_node(value->value.text, value->value.mark));
  add_entry(user, "password", std::move(section));
  notes.changed(value->mark, fmt::format("{}.{}", path, value->key), fmt::format("{}.password.type: {}", path, type),
                "a password says what kind it is");
}

}  // namespace

void reshape_users(Node& root, Notes& notes) {
  for_each_map(root, "os.users[]", [&](Node& user, const std::string& path) {
    rename_keys(user, path, notes);
    reshape_password(user, path, notes);
  });
}

}  // namespace keelson::recipe
