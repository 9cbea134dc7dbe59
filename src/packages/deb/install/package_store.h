/// The store of opened packages: each .deb once verified, taken apart, and its data recompressed with zstd, because
/// unpacking xz costs seventeen times the CPU of unpacking zstd.
///
/// One file per package, <cache>/opened/<sha256 of the .deb>, little endian:
///   8 bytes "KEELPKG1" · u64 size of the control tar · u64 size of the data tar · u64 size of its zstd form ·
///   control tar (uncompressed) · data tar (zstd with content checksum).
/// An entry is named by the digest in the signed index and is only made from a .deb with that digest; damage on disk
/// is found by zstd's own checksum when it is read.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/bytes.h"
#include "packages/deb/lock.h"
#include "sys/file.h"

namespace keelson::deb {

/// One opened package; its views live as long as it does.
class OpenedPackage {
 public:
  /// @throws Error(BadInput) when the file is not a whole entry.
  explicit OpenedPackage(const std::filesystem::path& entry);

  ByteView control_tar() const { return control_tar_; }
  ByteView data_zstd() const { return data_zstd_; }
  std::uint64_t data_size() const { return data_size_; }  ///< of the uncompressed data tar

  /// The control archive's files by name ("control", "postinst", "md5sums" …). Bounded: 64 files, 16 MiB each.
  std::map<std::string, std::string> control_files() const;

 private:
  MappedFile file_;
  ByteView control_tar_;
  ByteView data_zstd_;
  std::uint64_t data_size_ = 0;
};

class PackageStore {
 public:
  explicit PackageStore(std::filesystem::path cache_root);

  bool has(const Sha256& deb_digest) const;
  /// Takes a .deb apart into the store. The digest is checked before anything is parsed.
  /// @throws Error(Refused) when the digest differs, Error(BadInput) when it is no proper .deb.
  void add(const std::filesystem::path& deb, const LockedPackage& package) const;
  OpenedPackage open(const Sha256& deb_digest) const;
  /// Forgets an entry that turned out to be damaged.
  void remove(const Sha256& deb_digest) const;

 private:
  std::filesystem::path entry_path(const Sha256& digest) const;

  std::filesystem::path folder_;
};

}  // namespace keelson::deb
