#include "fleet/controller/lost_rights.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/harmless_text.h"
#include "base/text.h"
#include "fleet/controller/rights.h"
#include "kube/access_review.h"

namespace keelson::fleet {

void LostRights::hear(const Error& error) {
  const auto* api = dynamic_cast<const kube::ApiError*>(&error);
  if (api != nullptr && api->missing()) hear(*api->missing());
}

void LostRights::hear(const kube::MissingRight& missing) {
  kube::MissingRight kept = missing;
  // Of one object or namespace it was refused; what deploy/ grants, and is asked for at the start, is all of them.
  if (kept.right.resource != "leases") kept.right.name = kept.right.space = {};
  const std::lock_guard lock(mutex_);
  if (missing_.size() < kMost) missing_.emplace(right_text(kept.right), std::move(kept));
}

bool LostRights::lacks(const std::string& verb, const std::string& resource) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(missing_.begin(), missing_.end(), [&](const auto& entry) {
    return entry.second.right.verb == verb && entry.second.right.resource == resource;
  });
}

bool LostRights::any() const {
  const std::lock_guard lock(mutex_);
  return !missing_.empty();
}

std::string LostRights::text() const {
  const std::lock_guard lock(mutex_);
  if (missing_.empty()) return {};
  std::string all;
  for (const auto& [text, missing] : missing_) all += (all.empty() ? "" : ", ") + text;
  return harmless_text(fmt::format("the account '{}' may not {}", missing_.begin()->second.account, all));
}

bool LostRights::ask_again(const std::stop_token& stop) {
  std::map<std::string, kube::MissingRight> missing;
  {
    const std::lock_guard lock(mutex_);
    missing = missing_;
  }
  const auto now = api_.clock().now();
  if (missing.empty() || (asked_ && now < *asked_ + kAskAgain)) return false;
  asked_ = now;
  bool granted = false;
  for (const auto& [text, one] : missing) {
    try {
      if (!kube::may(api_, one.right, stop).allowed) continue;
    } catch (const Error&) {
      continue;  // whoever needs the server tells of it
    }
    const std::lock_guard lock(mutex_);
    missing_.erase(text);
    granted = true;
  }
  return granted;
}

}  // namespace keelson::fleet
