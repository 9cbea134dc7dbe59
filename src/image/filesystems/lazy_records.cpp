#include "image/filesystems/lazy_records.h"

namespace keelson::image {

namespace {

bool is_later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

bool is_same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

}  // namespace

LazyRecords::Look LazyRecords::look_of(const struct stat& status) {
  return {.changed = status.st_ctim,
          .modified = status.st_mtim,
          .mode = status.st_mode,
          .uid = status.st_uid,
          .gid = status.st_gid,
          .size = S_ISREG(status.st_mode) ? status.st_size : 0};
}

void LazyRecords::made(const struct stat& status, const Xattrs* stored) {
  const std::lock_guard lock(mutex_);
  looks_[status.st_ino] = look_of(status);
  if (stored != nullptr && !stored->empty()) xattrs_[status.st_ino] = *stored;
}

// Kernels before 6.13 count change times in steps of their tick, so that a change right after the making shows only in
// what it changed; attributes are set by nobody that quickly.
bool LazyRecords::is_as_made(const struct stat& status) const {
  const std::lock_guard lock(mutex_);
  const auto found = looks_.find(status.st_ino);
  if (found == looks_.end()) return false;
  const Look now = look_of(status);
  const Look& then = found->second;
  return is_same(now.changed, then.changed) && is_same(now.modified, then.modified) && now.mode == then.mode &&
         now.uid == then.uid && now.gid == then.gid && now.size == then.size;
}

const LazyRecords::Xattrs* LazyRecords::known_xattrs(const struct stat& status) const {
  static const Xattrs kNone;
  if (!is_as_made(status)) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto stored = xattrs_.find(status.st_ino);
  return stored == xattrs_.end() ? &kNone : &stored->second;
}

void LazyRecords::is_hole(ino_t number, const Origin& origin) {
  const std::lock_guard lock(mutex_);
  holes_[number] = origin;
}

std::optional<LazyRecords::Origin> LazyRecords::take_hole(const struct stat& status) {
  const std::lock_guard lock(mutex_);
  const auto found = holes_.find(status.st_ino);
  if (found == holes_.end()) return std::nullopt;
  const Origin origin = found->second;
  holes_.erase(found);
  if (static_cast<std::uint64_t>(status.st_size) != origin.size)
    return std::nullopt;  // another file has its number now
  return origin;
}

void LazyRecords::filled(const struct stat& status, const Origin& origin, Copy copy) {
  const std::lock_guard lock(mutex_);
  copies_[status.st_ino] = {origin, status.st_ctim, copy};
}

std::optional<LazyRecords::Origin> LazyRecords::origin_of(const struct stat& status,
                                                          const std::function<bool(const Origin&)>& is_same) const {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  std::optional<CopyOf> copy;
  {
    const std::lock_guard lock(mutex_);
    if (const auto hole = holes_.find(status.st_ino);
        hole != holes_.end() && status.st_blocks == 0 && hole->second.size == size)
      return hole->second;
    const auto found = copies_.find(status.st_ino);
    if (found == copies_.end()) return std::nullopt;
    copy = found->second;
  }
  if (copy->origin.size != size || is_later(status.st_ctim, copy->changed)) return std::nullopt;
  if (copy->copy == Copy::Open && !is_same(copy->origin)) return std::nullopt;
  return copy->origin;
}

void LazyRecords::is_unexpanded(ino_t number, Unexpanded folder) {
  const std::lock_guard lock(mutex_);
  unexpanded_[number] = folder;
}

std::optional<LazyRecords::Unexpanded> LazyRecords::unexpanded(ino_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = unexpanded_.find(number);
  return found == unexpanded_.end() ? std::nullopt : std::optional(found->second);
}

bool LazyRecords::take_unexpanded(ino_t number) {
  const std::lock_guard lock(mutex_);
  return unexpanded_.erase(number) > 0;
}

std::vector<std::pair<ino_t, LazyRecords::Unexpanded>> LazyRecords::all_unexpanded() const {
  const std::lock_guard lock(mutex_);
  return {unexpanded_.begin(), unexpanded_.end()};
}

bool LazyRecords::has_nothing_left() const {
  const std::lock_guard lock(mutex_);
  return holes_.empty() && unexpanded_.empty();
}

void LazyRecords::add_extra(ino_t number, const Extra& extra) {
  const std::lock_guard lock(mutex_);
  extras_[number] = extra;
}

void LazyRecords::add_extras(TreeEntry& entry, const std::string& path, ino_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = extras_.find(number);
  if (found == extras_.end() || found->second.path != path) return;
  const Extra& extra = found->second;
  for (const auto& [key, value] : extra.xattrs) entry.xattrs.try_emplace(key, value);
  if (extra.type && entry.type == EntryType::Fifo) {
    entry.type = *extra.type;
    entry.device_major = extra.device_major;
    entry.device_minor = extra.device_minor;
  }
}

}  // namespace keelson::image
