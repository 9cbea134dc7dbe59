/// The identifiers that VHDX gives its regions and metadata items.
/// Spec: [MS-VHDX] 2.2.3.2 (known regions), 2.6.2 (known metadata items); GUIDs in [MS-DTYP] 2.3.4.2's mixed order.
#pragma once

#include "base/guid.h"
#include "base/uuid.h"

namespace keelson::vhdx {

struct KnownGuids {
  Uuid block_table = parse_uuid("2dc27766-f623-4200-9d64-115e9bfd4a08");
  Uuid metadata = parse_uuid("8b7ca206-4790-4b9a-b8fe-575f050f886e");
  Uuid file_parameters = parse_uuid("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
  Uuid virtual_size = parse_uuid("2fa54224-cd1b-4876-b211-5dbed83bf4b8");
  Uuid disk_id = parse_uuid("beca12ab-b2e6-4523-93ef-c309e000c746");
  Uuid logical_sector = parse_uuid("8141bf1d-a96f-4709-ba47-f233a8faab5f");
  Uuid physical_sector = parse_uuid("cda348c7-445d-4471-9cc9-e9885251c556");
  Uuid parent_locator = parse_uuid("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
};

}  // namespace keelson::vhdx
