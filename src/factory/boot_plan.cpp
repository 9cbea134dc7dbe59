#include "factory/boot_plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "factory/devices.h"
#include "factory/esp_tree.h"
#include "image/disk.h"

namespace keelson::factory {

namespace {

// The recipe language has it there, whatever a base does.
constexpr const char* kEspOfLayouts = "/boot/efi";

void use_identities(const NewIdentities& identities, deb::BootDevices& devices) {
  const auto use = [&](deb::BootDevice& device) {
    device.fs_uuid = identities.replaced.at(device.fs_uuid);
    device.partition_uuid = identities.replaced.at(device.partition_uuid);
  };
  use(devices.root);
  if (devices.boot) use(*devices.boot);
}

// What a base has on an ESP mounted elsewhere would be left behind on the root.
void check_esp_stays(const BootPlanInputs& inputs) {
  const auto* mount = find_esp(inputs.disk, inputs.system);
  if (mount == nullptr || mount->mount_point == kEspOfLayouts) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot lay out '{}' anew: its EFI system partition is mounted at {}",
                          inputs.disk.file.native(), mount->mount_point),
              "this version moves systems that have it at /boot/efi");
}

}  // namespace

std::optional<EspPlace> plan_esp(const BootPlanInputs& inputs) {
  if (inputs.recipe.storage) {
    for (const auto& filesystem : inputs.recipe.storage->filesystems) {
      if (filesystem.mount_point == kEspOfLayouts)
        return EspPlace{kEspOfLayouts, image::partition_uuid(inputs.seed, filesystem.device_id)};
    }
    return std::nullopt;
  }
  const auto* mount = find_esp(inputs.disk, inputs.system);
  if (mount == nullptr) return std::nullopt;
  const auto& entry = inputs.disk.partitions[mount->partition].entry;
  const Uuid uuid = inputs.identities ? parse_uuid(inputs.identities->replaced.at(entry.uuid.text())) : entry.uuid;
  return EspPlace{mount->mount_point, uuid};
}

BootResetRequest plan_boot(const BootPlanInputs& inputs) {
  BootResetRequest boot{
      .before = devices_of(inputs.disk, inputs.system), .architecture = inputs.architecture, .epoch = inputs.epoch};
  boot.after = boot.before;
  if (inputs.recipe.storage) {
    check_esp_stays(inputs);
    boot.after = devices_of(*inputs.recipe.storage, inputs.seed);
    boot.boot_type = inputs.recipe.storage->boot_type;
  } else if (inputs.identities) {
    use_identities(*inputs.identities, boot.after);
  }
  if (const auto esp = plan_esp(inputs)) boot.esp = esp->mount_point.substr(1);
  return boot;
}

}  // namespace keelson::factory
