/// Options about packages and their scripts, shared by the verbs that resolve a recipe, and the options of Image
/// Customizer that have no meaning here yet.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/command.h"

namespace keelson::cli {

/// --package-snapshot-time
Option snapshot_time_option(std::string& target);

/// --rpm-source, by which Image Customizer names folders with packages; here they are .deb files.
Option package_source_option(std::vector<std::string>& target);

/// @throws Error(Usage) if the option's value is neither empty nor a time.
void check_snapshot_time(const std::string& time);

/// --script-timeout
Option script_timeout_option(std::string& target);

/// The option's value; 30 minutes for "" and for what check_script_timeout() refuses.
std::chrono::seconds script_timeout(const std::string& text);

/// @throws Error(Usage) if the option's value is neither empty nor a duration from one second to a day.
void check_script_timeout(const std::string& text);

/// What Image Customizer's command line may hold and we can't do: refused with the reason, never ignored.
std::vector<RefusedOption> refused_customizer_options();

}  // namespace keelson::cli
