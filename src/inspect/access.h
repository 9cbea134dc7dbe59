/// Who may log in and who may become root, as an image's files say it: accounts, SSH keys, rules of sudo.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inspect/system_files.h"

namespace keelson::inspect {

/// Adds users, groups, sshKeys and sudo to `facts`: schema/facts.schema.json. Hashes and keys themselves stay out.
void put_access(nlohmann::json& facts, const SystemFiles& files);

/// Fingerprints ("SHA256:…", as ssh-keygen -l prints them) of the keys in an authorized_keys file.
/// Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT"; RFC 4253, section 6.6.
std::vector<std::string> key_fingerprints(std::string_view text);

}  // namespace keelson::inspect
