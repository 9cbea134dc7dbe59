/// Rights that the server has refused under way: remembered, told in words, and asked for again until they are granted,
/// so that nobody has to restart anything.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "kube/api.h"

namespace keelson::fleet {

/// Safe for several threads; ask_again() for one.
class LostRights {
 public:
  /// @param api must outlive it.
  explicit LostRights(kube::Api& api) : api_(api) {}

  /// Takes note of a refusal for want of a right, and of no other error.
  void hear(const Error& error);
  void hear(const kube::MissingRight& missing);

  /// Whether something is known to be refused, so that it need not be tried. @param resource with its subresource.
  bool lacks(const std::string& verb, const std::string& resource) const;
  bool any() const;
  /// "the account 'x' may not create pods/eviction, patch nodes"; "" when nothing is missing.
  std::string text() const;

  /// Asks the server about each (SelfSubjectAccessReview), once in kAskAgain. What it can't be asked stays missing.
  /// @return whether one has been granted.
  bool ask_again(const std::stop_token& stop);

  static constexpr std::chrono::seconds kAskAgain{3};

 private:
  static constexpr std::size_t kMost = 16;

  kube::Api& api_;
  mutable std::mutex mutex_;
  std::map<std::string, kube::MissingRight> missing_;  // by what people call it
  std::optional<kube::Clock::Moment> asked_;
};

}  // namespace keelson::fleet
