#include "factory/verity_devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/block_source.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/signed_data.h"
#include "factory/fstab.h"
#include "formats/verity/tree.h"
#include "packages/deb/version.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/parallel.h"

namespace keelson::factory {

namespace {

// Debian has had systemd-veritysetup in a package of its own since 256; before, it was in "systemd".
constexpr std::string_view kPackage = "systemd-cryptsetup";
constexpr std::string_view kOwnPackageSince = "256~";

bool opens_verity(const deb::LockedPackage& package) {
  return package.name == kPackage ||
         (package.name == "systemd" && deb::compare_versions(package.version, kOwnPackageSince) < 0);
}

Sha256 derive(const Sha256& seed, std::string_view purpose, const std::string& id) {
  return sha256(fmt::format("{} verity {} {}", seed.hex(), purpose, id));
}

verity::Superblock superblock_of(const recipe::Verity& device, ByteCount data, const Sha256& seed) {
  const Sha256 salt = derive(seed, "salt", device.id);
  const auto bytes = std::as_bytes(std::span(salt.bytes));
  return {.uuid = uuid_from_digest(derive(seed, "uuid", device.id)),
          .data_blocks = data.value / verity::kBlock.value,
          .salt = Bytes(bytes.begin(), bytes.end())};
}

const recipe::Partition& partition(const recipe::Storage& storage, const std::string& id) {
  const auto& all = storage.disk.partitions;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == id; });
  if (found == all.end()) throw Error(ErrorKind::Internal, fmt::format("cannot find partition '{}'", id));
  return *found;
}

// As fstab names devices, which is how systemd-veritysetup-generator(8) wants them. @param uuid of what is in it.
std::string device_name(const recipe::Storage& storage, const std::string& id, recipe::MountIdType type,
                        const Uuid& uuid, const Sha256& seed) {
  if (type == recipe::MountIdType::Uuid) return "UUID=" + uuid.text();
  if (type == recipe::MountIdType::PartLabel) return "PARTLABEL=" + partition(storage, id).label;
  return "PARTUUID=" + image::partition_uuid(seed, id).text();
}

// veritytab(5)
std::string_view corruption_word(recipe::CorruptionOption option) {
  switch (option) {
    case recipe::CorruptionOption::IoError:
      break;  // the kernel's own way
    case recipe::CorruptionOption::Ignore:
      return "ignore-corruption";
    case recipe::CorruptionOption::Panic:
      return "panic-on-corruption";
    case recipe::CorruptionOption::Restart:
      return "restart-on-corruption";
  }
  return "";
}

std::string signature_path(const recipe::Verity& device) {
  if (!device.hash_signature_path.empty()) return device.hash_signature_path;
  return fmt::format("/etc/verity/{}.roothash.p7s", device.name);
}

std::string options_of(const VerityHash& hash, bool is_signed) {
  std::vector<std::string> options;
  if (hash.hash_offset.value > 0) options.push_back(fmt::format("hash-offset={}", hash.hash_offset.value));
  if (const auto word = corruption_word(hash.device->corruption); !word.empty()) options.emplace_back(word);
  if (is_signed) options.push_back("root-hash-signature=" + signature_path(*hash.device));
  return fmt::format("{}", fmt::join(options, ","));
}

void add_arguments(const recipe::Storage& storage, const VerityHash& hash, const Sha256& seed, bool is_signed,
                   std::vector<std::string>& arguments) {
  const recipe::Verity& device = *hash.device;
  const std::string& name = device.name;
  const auto add = [&](std::string_view key, std::string_view value) {
    arguments.push_back(fmt::format("systemd.verity_{}_{}={}", name, key, value));
  };
  arguments.push_back(fmt::format("{}={}", name == "root" ? "roothash" : "usrhash", hash.root_hash.hex()));
  add("data",
      device_name(storage, device.data_device_id, device.data_mount_id_type, filesystem_uuid(seed, device.id), seed));
  if (device.is_inline()) {
    add("hash",
        device_name(storage, device.data_device_id, device.data_mount_id_type, filesystem_uuid(seed, device.id), seed));
  } else {
    add("hash", device_name(storage, device.hash_device_id, device.hash_mount_id_type,
                            superblock_of(device, verity::kBlock, seed).uuid, seed));
  }
  if (const std::string options = options_of(hash, is_signed); !options.empty()) add("options", options);
  arguments.push_back(name == "root" ? "root=/dev/mapper/root" : "mount.usr=/dev/mapper/usr");
  if (name == "usr") arguments.emplace_back("mount.usrflags=ro");
}

}  // namespace

void check_signed_hashes(const recipe::Recipe& recipe) {
  for (const auto& device : recipe.storage->verity) {
    if (device.hash_signature_path.empty() || recipe.os.secure_boot) continue;
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot sign the root hash of verity device '{}': 'hashSignaturePath' needs 'os.secureBoot', "
                    "whose key signs it",
                    device.id),
        "add os.secureBoot, or leave hashSignaturePath out");
  }
}

void require_veritysetup(const RootDir& root) {
  if (root.exists("usr/lib/systemd/systemd-veritysetup")) return;
  throw Error(
      ErrorKind::BadInput,
      "cannot apply 'storage.verity': the image has no systemd-veritysetup, which opens the device in the initrd",
      fmt::format("on Debian 13: os: {{packages: {{install: [{}]}}}}", kPackage));
}

void check_verity(const recipe::Recipe& recipe, const deb::Lock& lock) {
  if (!recipe.storage || recipe.storage->verity.empty()) return;
  check_signed_hashes(recipe);
  if (std::any_of(lock.packages.begin(), lock.packages.end(), opens_verity)) return;
  throw Error(
      ErrorKind::BadInput,
      fmt::format("cannot boot from verity device '{}': the packages hold no systemd-veritysetup, which opens it "
                  "in the initrd",
                  recipe.storage->verity.front().id),
      fmt::format("add {} to os.packages.install", kPackage));
}

ByteCount with_inline_tree(ByteCount data) {
  const ByteCount whole = align_up(data, image::kAlignment);
  return whole + align_up(verity::tree_size(whole), image::kAlignment);
}

ByteCount data_room(const recipe::Verity* device, ByteCount partition) {
  return device && device->is_inline() ? verity::data_beside_tree(partition, image::kAlignment) : partition;
}

image::DiskPlan plan_with_trees(const recipe::Storage& storage, image::PlanInputs inputs) {
  for (const auto& device : storage.verity) {
    if (!device.is_inline())
      inputs.needed[device.hash_device_id] = verity::tree_size(inputs.needed[device.data_device_id]);
  }
  for (;;) {
    image::DiskPlan plan = image::plan_disk(storage, inputs);
    bool fits = true;
    for (const auto& device : storage.verity) {
      if (device.is_inline()) continue;
      const ByteCount needed = verity::tree_size(plan.partition(device.data_device_id).size);
      if (plan.partition(device.hash_device_id).size >= needed) continue;
      // Grows each time, and a partition of data only becomes smaller by it: this ends.
      inputs.needed[device.hash_device_id] = needed;
      fits = false;
    }
    if (fits) return plan;
  }
}

VerityHash write_verity(const recipe::Verity& device, const image::DiskPlan& plan, const Sha256& seed,
                        const std::filesystem::path& raw_file, int raw) {
  const image::PartitionPlan& data_place = plan.partition(device.data_device_id);
  const ByteCount data = data_room(&device, data_place.size);
  const ByteCount hash_offset = device.is_inline() ? data : ByteCount{};
  const std::uint64_t target = plan.partition(device.hash_device_id).offset.value + hash_offset.value;
  const FileBlocks disk(raw_file);
  const BlockSlice slice(disk, {data_place.offset.value, data.value});
  const Sha256 root_hash = verity::write_tree(
      slice, superblock_of(device, data, seed),
      [&](std::uint64_t offset, ByteView block) { write_all_at(raw, block, target + offset, raw_file.native()); },
      [](std::size_t count, const auto& body) { parallel_for(count, hardware_threads(), body); });
  return {.device = &device, .root_hash = root_hash, .hash_offset = hash_offset};
}

VerityHash expected_hash(const recipe::Verity& device) {
  constexpr ByteCount kFarthest{std::uint64_t{1} << 62};
  return {.device = &device, .root_hash = {}, .hash_offset = device.is_inline() ? kFarthest : ByteCount{}};
}

VerityBoot verity_boot(const recipe::Storage& storage, const std::vector<VerityHash>& hashes, const Sha256& seed,
                       const Signer* signer) {
  VerityBoot boot;
  if (hashes.empty()) return boot;
  boot.arguments.emplace_back("rd.systemd.verity=1");
  for (const auto& hash : hashes) {
    add_arguments(storage, hash, seed, signer != nullptr, boot.arguments);
    if (signer == nullptr) continue;
    // The kernel verifies the text of the root hash as it is given to dm-verity: 64 lower-case digits.
    const Bytes signature = sign_detached(*signer, as_bytes(hash.root_hash.hex()));
    boot.initrd_files.emplace(signature_path(*hash.device).substr(1), as_text(signature));
  }
  return boot;
}

VerityBoot renewed_verity_boot(std::span<const image::BaseVerity> devices, std::span<const Sha256> hashes,
                               const Signer* signer) {
  constexpr std::string_view kSignature = "root-hash-signature";
  VerityBoot boot{.arguments = {"rd.systemd.verity=1"}, .initrd_files = {}};
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto& device = devices[i].arguments;
    std::vector<std::string> options;
    for (const auto option : split(device.options, ',')) {
      if (!option.empty() && !option.starts_with(kSignature)) options.emplace_back(option);
    }
    if (signer != nullptr) {
      const std::string kept = image::verity_option(device, kSignature).value_or("");
      const std::string path = kept.starts_with('/') ? kept : fmt::format("/etc/verity/{}.roothash.p7s", device.name);
      options.push_back(fmt::format("{}={}", kSignature, path));
      boot.initrd_files.emplace(path.substr(1), as_text(sign_detached(*signer, as_bytes(hashes[i].hex()))));
    }
    boot.arguments.push_back(fmt::format("{}hash={}", device.name, hashes[i].hex()));
    boot.arguments.push_back(fmt::format("systemd.verity_{}_data={}", device.name, device.data));
    boot.arguments.push_back(fmt::format("systemd.verity_{}_hash={}", device.name, device.hash));
    if (!options.empty())
      boot.arguments.push_back(fmt::format("systemd.verity_{}_options={}", device.name, fmt::join(options, ",")));
    boot.arguments.emplace_back(device.name == "root" ? "root=/dev/mapper/root" : "mount.usr=/dev/mapper/usr");
    if (device.name == "usr") boot.arguments.emplace_back("mount.usrflags=ro");
  }
  return boot;
}

}  // namespace keelson::factory
