/// The License tag of an RPM package as an SPDX expression.
/// Source: SPDX 2.3 Annex D "License expressions"; Fedora's and Azure Linux's older short names ("GPLv2+", "ASL 2.0").
#pragma once

#include <string_view>

#include "inventory/copyright.h"

namespace keelson::inventory {

/// Names that SPDX has, or that mean one of them, with "and", "or", "with" and parentheses in either case. What has no
/// name there becomes a LicenseRef; a tag that breaks the syntax becomes one as a whole. @param tag untrusted.
PackageLicense read_rpm_license(std::string_view tag);

}  // namespace keelson::inventory
