/// Label selectors: as objects hold them (matchLabels, matchExpressions) and as the API takes them in a query.
/// Source: Kubernetes "Labels and Selectors"; k8s.io/apimachinery/pkg/labels for the text form.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kube/objects.h"

namespace keelson::kube {

struct Requirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist, Greater, Less };
  std::string key;
  Operator op = Operator::Exists;
  std::vector<std::string> values;  ///< of In and NotIn, sorted, unique; one whole number for Greater and Less

  bool operator==(const Requirement&) const = default;
};

/// All requirements must hold. Without any it selects everything.
class Selector {
 public:
  Selector() = default;
  /// What a missing (null) selector means where the API says that it selects nothing.
  static Selector nothing();

  /// "a=b,c!=d,e in (x,y),f notin (x),g,!h,i>1". @param text untrusted. @throws Error(BadInput).
  static Selector parse(std::string_view text);
  /// A LabelSelector object; null and {} select everything. @throws Error(BadInput).
  static Selector from_object(const json& selector);

  bool matches(const Labels& labels) const;
  /// The text form, sorted by key. Not for nothing().
  std::string text() const;
  const std::vector<Requirement>& requirements() const { return requirements_; }
  bool selects_nothing() const { return nothing_; }

 private:
  void add(Requirement requirement);

  std::vector<Requirement> requirements_;
  bool nothing_ = false;
};

/// [prefix/]name: a DNS subdomain of at most 253 characters, and at most 63 letters, digits, '-', '_' and '.'.
bool is_label_key(std::string_view text);
/// Empty, or at most 63 such characters with a letter or digit at both ends.
bool is_label_value(std::string_view text);

}  // namespace keelson::kube
