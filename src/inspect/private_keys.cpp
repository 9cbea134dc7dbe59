#include "inspect/private_keys.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

constexpr ByteCount kSmallFile = kibibytes(64);
constexpr std::size_t kMostKeys = 500;
constexpr std::size_t kMostHomes = 500;  // that are looked into

struct KeyFolder {
  std::string path;
  std::string_view beginning;  // of the names in it
};

std::vector<KeyFolder> key_folders(const SystemFiles& files) {
  std::vector<KeyFolder> folders{
      {"/etc/ssh", "ssh_host_"}, {"/etc/ssl/private", ""}, {"/etc/kubernetes/pki", ""}, {"/var/lib/kubelet/pki", ""}};
  std::set<std::string> homes;
  const std::string passwd = files.harmless("/etc/passwd").value_or("");
  for (const auto line : split(passwd, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() >= 7 && fields[5].starts_with('/') && homes.size() < kMostHomes) homes.emplace(fields[5]);
  }
  for (const auto& home : homes) folders.push_back({home + "/.ssh", "id_"});
  return folders;
}

}  // namespace

void put_private_keys(nlohmann::json& facts, const SystemFiles& files) {
  std::set<std::string> keys;
  for (const auto& folder : key_folders(files)) {
    for (const auto& name : files.list(folder.path)) {
      if (!name.starts_with(folder.beginning) || name.ends_with(".pub") || keys.size() == kMostKeys) continue;
      const auto text = files.text(folder.path + "/" + name, kSmallFile);
      if (text && text->find("PRIVATE KEY-----") != std::string::npos)
        keys.insert(harmless_text(folder.path + "/" + name));
    }
  }
  facts["privateKeys"] = keys;
}

}  // namespace keelson::inspect
