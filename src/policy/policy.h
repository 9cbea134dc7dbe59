/// A policy: what facts must be. A YAML file of rules, each one operator on one fact; docs/reference/policy.md.
///
///   policy: keelson/1
///   name: container-host
///   rules:
///     - id: kernel-version
///       fact: versions.kernel
///       versionAtLeast: "6.6"
///       reason: cgroup v2 and landlock as containers need them
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::policy {

enum class Severity { Error, Warning };

enum class Operator {
  Equals,
  NotEquals,
  OneOf,
  AtLeast,
  AtMost,
  VersionAtLeast,
  VersionBelow,
  Matches,
  Contains,
  NoneOf,
  Empty,
  MaxItems,
  Known,
};

/// What stands after an operator in the file.
enum class OperandKind { Scalar, List, Number, Count, Version, Pattern, True };

/// One row of the language's description: the reader, the schema's test and the reference page all follow from it.
struct OperatorInfo {
  Operator op;
  std::string_view name;  ///< the key, "versionAtLeast"
  OperandKind operand;
  std::string_view meaning;  ///< for the reference page
};
std::span<const OperatorInfo> operators();
/// The other keys of a rule, and those of the file itself.
std::span<const std::string_view> rule_keys();
std::span<const std::string_view> policy_keys();

/// A scalar of the file. A quoted one is text only; a plain one also equals a number or a truth value written so.
struct Operand {
  std::string text;
  bool quoted = false;
};

struct Rule {
  std::string id;    ///< unique in the policy; lower case, digits, hyphens
  std::string fact;  ///< dotted path into the facts: "versions.containerd"
  Operator op = Operator::Known;
  std::vector<Operand> operands;  ///< one, or several for OneOf, Contains and NoneOf
  Severity severity = Severity::Error;
  std::string reason;    ///< why the rule is there; may be empty
  std::string hint;      ///< what to do when it fails; may be empty
  std::size_t line = 0;  ///< where it stands in the file, from 1
};

struct Policy {
  std::string file;  ///< as it was named to us
  std::string name;
  std::string description;
  std::vector<Rule> rules;  ///< in the file's order, at least one
};

/// Reads untrusted text. All mistakes are told at once, each with name:line:column and, for a typo, "did you mean".
/// @throws Error(BadInput)
Policy parse_policy(std::string_view text, std::string_view name);

/// parse_policy of a file of at most 1 MiB. @throws Error as for reading it, too.
Policy read_policy(const std::filesystem::path& path);

/// The rule's demand in words: "at least version 6.6", "contains lockdown and yama".
std::string demand_in_words(const Rule& rule);

}  // namespace keelson::policy
