#include "inspect/initrd_facts.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/harmless_text.h"
#include "formats/initramfs/initramfs.h"

namespace keelson::inspect {

namespace {

using nlohmann::json;

constexpr std::size_t kMostInitrds = 8;
constexpr ByteCount kLargestInitrd = mebibytes(512);
constexpr ByteCount kMostUnpacked = mebibytes(2048);
constexpr std::size_t kMostListed = 10'000;    // files of one initrd
constexpr std::size_t kDigestCharacters = 16;  // enough to tell two contents apart

// "usr/lib/modules/*/kernel/fs/ext4/ext4.ko": the same file of the next kernel has the same name.
std::string without_release(std::string path) {
  constexpr std::string_view kModules = "lib/modules/";
  const std::size_t at = path.find(kModules);
  if (at == std::string::npos) return path;
  const std::size_t begin = at + kModules.size();
  const std::size_t end = path.find('/', begin);
  if (end != std::string::npos) path.replace(begin, end - begin, "*");
  return path;
}

// "ext4" of "usr/lib/modules/6.12/kernel/fs/ext4/ext4.ko.xz"; '-' and '_' are the same to the kernel.
std::string module_name(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view ending : {".xz", ".zst", ".gz"})
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
  if (!name.ends_with(".ko")) return {};
  name.remove_suffix(3);
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

bool is_program(const initramfs::Entry& entry) {
  return S_ISREG(entry.mode) && (entry.mode & 0111) != 0 && entry.path.find(".so") == std::string::npos;
}

std::string_view plain(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

json parts_json(const std::vector<initramfs::Part>& parts) {
  json result = json::array();
  for (const auto& part : parts)
    result.push_back({{"compression", initramfs::compression_name(part.compression)},
                      {"bytes", part.size.value},
                      {"unpackedBytes", part.unpacked.value},
                      {"entries", part.entries},
                      {"microcode", part.is_microcode}});
  return result;
}

void put_entries(json& facts, const std::vector<initramfs::Entry>& entries) {
  std::map<std::string, const initramfs::Entry*> files;  // the later of two is what the kernel keeps
  for (const auto& entry : entries)
    if (S_ISREG(entry.mode) || S_ISLNK(entry.mode)) files[harmless_text(plain(entry.path))] = &entry;
  std::set<std::string> modules, programs;
  json digests = json::object();
  for (const auto& [path, entry] : files) {
    if (digests.size() < kMostListed) digests[without_release(path)] = entry->digest.hex().substr(0, kDigestCharacters);
    if (std::string module = module_name(path); !module.empty() && modules.size() < kMostListed)
      modules.insert(std::move(module));
    if (is_program(*entry) && programs.size() < kMostListed) programs.insert(path);
  }
  facts["modules"] = modules;
  facts["programs"] = programs;
  facts["files"] = std::move(digests);
  facts["complete"] = files.size() <= kMostListed && !facts.contains("trouble");
}

}  // namespace

json initrd_facts(ByteView bytes, const std::string& path, std::uint64_t& budget) {
  const auto found = initramfs::read_initramfs(bytes, {.unpacked = {budget}});
  std::uint64_t unpacked = 0;
  for (const auto& part : found.parts) unpacked += part.unpacked.value;
  budget -= std::min(budget, unpacked);
  json facts{{"path", harmless_text(path)},
             {"bytes", bytes.size()},
             {"unpackedBytes", unpacked},
             {"entries", found.entries.size()},
             {"parts", parts_json(found.parts)}};
  if (!found.trouble.empty()) facts["trouble"] = found.trouble;
  put_entries(facts, found.entries);
  return facts;
}

struct InitrdFacts::State {
  json sections = json::array();
  json files = json::array();
  std::uint64_t budget = kMostUnpacked.value;
  bool were_more = false;

  bool has_room() {
    if (sections.size() + files.size() < kMostInitrds) return true;
    were_more = true;
    return false;
  }
};

InitrdFacts::InitrdFacts() : state_(std::make_unique<State>()) {}
InitrdFacts::~InitrdFacts() = default;

void InitrdFacts::add_section(ByteView bytes, const std::string& path) {
  if (bytes.empty() || !state_->has_room()) return;
  state_->sections.push_back(initrd_facts(bytes, path, state_->budget));
}

void InitrdFacts::add_files(const SystemFiles& files, const std::vector<BootEntry>& entries) {
  std::set<std::string> paths;
  for (const auto& name : files.list("/boot"))
    if (name.starts_with("initrd") || name.starts_with("initramfs")) paths.insert("/boot/" + name);
  // An entry names them as the boot loader sees them: from the root of its own file system.
  for (const auto& entry : entries) {
    for (const auto& named : entry.initrds) {
      for (const std::string folder : {"", "/boot/efi", "/efi", "/boot"})
        if (named.starts_with('/')) paths.insert(folder + named);
    }
  }
  for (const auto& path : paths) {
    const auto place = files.find(path, LastLink::Keep);
    if (!place || place->node.type != NodeType::File || place->node.size.value == 0 || !state_->has_room()) continue;
    const auto bytes = files.text(path, kLargestInitrd);
    if (bytes) state_->files.push_back(initrd_facts(as_bytes(*bytes), path, state_->budget));
  }
}

json InitrdFacts::take(const SystemFiles& files) {
  if (state_->were_more) files.note("there are more than 8 initrds: the rest was not looked at");
  json result = json::array();
  for (const auto& [kind, list] : {std::pair("initrd", &state_->files), std::pair("uki", &state_->sections)}) {
    for (auto& facts : *list) {
      facts["name"] = list->size() == 1 ? json(kind) : facts["path"];
      result.push_back(std::move(facts));
    }
  }
  return result;
}

}  // namespace keelson::inspect
