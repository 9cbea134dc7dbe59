/// What a disk image is around its files: container, partition table, partitions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "image/base_disk.h"

namespace keelson::inspect {

enum class Digests { No, Yes };

/// The fact `disk`: schema/facts.schema.json. With digests every partition is read whole.
nlohmann::json disk_facts(const image::BaseDisk& disk, Digests digests);

}  // namespace keelson::inspect
