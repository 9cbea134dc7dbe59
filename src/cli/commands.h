/// One function per verb; each stands in a file of its own (build_command.cpp, …).
#pragma once

#include "cli/command.h"

namespace keelson::cli {

Command build_command();
Command lock_command();
Command validate_command();
Command validate_config_command();
Command boot_command();
Command inspect_command();
Command check_command();
Command diff_command();
Command report_command();
Command convert_command();
Command customize_command();
Command inject_files_command();
Command cves_command();
Command fleet_inventory_command();
Command fleet_plan_command();
Command fleet_audit_command();
Command keys_command();
Command migrate_command();
Command sbom_command();
Command cache_command();
Command completion_command();
Command manual_command();

}  // namespace keelson::cli
