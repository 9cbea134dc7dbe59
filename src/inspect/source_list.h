/// A list of packages with their source packages that was recorded somewhere else, in place of a system.
#pragma once

#include <string_view>
#include <vector>

#include "inventory/packages.h"

namespace keelson::inspect {

/// What dpkg-query prints by this format; kept on a machine, read here.
inline constexpr std::string_view kListCommand =
    R"(dpkg-query -W -f '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n')";

/// Five words a line: package, version, architecture, source package, source version. Empty lines and those that begin
/// with '#' do not count. @param text untrusted. @param name for messages.
/// @throws Error(BadInput) with the line's number; what `dpkg -l` or `rpm -qa` print is refused with a hint, for it
/// names no source packages.
std::vector<inventory::Package> read_source_list(std::string_view text, std::string_view name);

}  // namespace keelson::inspect
