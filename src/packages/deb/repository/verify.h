/// Signatures of the archive: an InRelease becomes text that may be parsed, or an error.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "packages/deb/repository/suites.h"

namespace keelson::deb {

/// Lets gpgv verify a clear-signed file and returns the text that the signature covers, exactly as gpgv puts it out.
/// Only this text may be parsed: what stands around the signed part of the file is nobody's word.
/// At least one signature must be good, made by an unexpired, unrevoked key of the keyring over SHA-256 or better;
/// signatures by further keys, which the keyring lacks, are ignored as apt does; a bad one is refused.
/// @param name what messages call the file. @param scratch a folder for gpgv's files, which are removed.
/// Source: GnuPG's doc/DETAILS, "Format of the --status-fd output"; RFC 9580 section 7 (cleartext signatures).
/// @throws Error(Refused) with a hint that names the keyring; Error(NotFound) if the keyring or gpgv is missing.
std::string verify_clear_signed(const std::filesystem::path& file, const Keyring& keyring, std::string_view name,
                                const std::filesystem::path& scratch);

/// The bytes inside ASCII armour (RFC 9580 section 6), all blocks one after the other; text without armour as it is.
/// gpgv reads binary keyrings only. @throws Error(BadInput).
std::string without_armour(std::string_view text, std::string_view name);

}  // namespace keelson::deb
