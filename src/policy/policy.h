/// A policy: what facts must be. A YAML file of rules, each one operator on one fact; docs/reference/policy.md.
///
///   policy: keelson/1
///   name: container-host
///   rules:
///     - id: kernel-version
///       fact: versions.kernel
///       versionAtLeast: "6.6"
///       reason: cgroup v2 and landlock as containers need them
///
/// It can include others, and waive rules until a date.
#pragma once

#include <filesystem>
#include <optional>
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
  Between,
  VersionAtLeast,
  VersionBelow,
  VersionBetween,
  Matches,
  EachMatches,
  NoneMatches,
  Contains,
  NoneOf,
  OnlyFrom,
  Empty,
  MinItems,
  MaxItems,
  SameAs,
  Known,
};

/// What stands after an operator in the file.
enum class OperandKind { Scalar, List, Number, NumberPair, Count, Version, VersionPair, Pattern, Fact, True };

/// One row of the language's description: the reader, the schema's test and the reference page all follow from it.
struct OperatorInfo {
  Operator op;
  std::string_view name;  ///< the key, "versionAtLeast"
  OperandKind operand;
  std::string_view meaning;  ///< for the reference page
};
std::span<const OperatorInfo> operators();
/// The other keys of a rule, those of a waiver, and those of the file itself.
std::span<const std::string_view> rule_keys();
std::span<const std::string_view> waiver_keys();
std::span<const std::string_view> policy_keys();

/// A scalar of the file. A quoted one is text only; a plain one also equals a number or a truth value written so.
struct Operand {
  std::string text;
  bool quoted = false;
};

/// One operator on one fact.
struct Demand {
  std::string fact;  ///< path into the facts: "versions.containerd", "hardening.checks[id=cis-1.1.1].result"
  Operator op = Operator::Known;
  std::vector<Operand> operands;  ///< one; two for a pair; one or more for a list
};

struct Rule : Demand {
  std::string id;              ///< unique in the policy; lower case, digits, hyphens
  std::optional<Demand> when;  ///< the rule is there only for systems of which this is true
  Severity severity = Severity::Error;
  std::string reason;    ///< why the rule is there; may be empty
  std::string hint;      ///< what to do when it fails; may be empty
  std::string file;      ///< where it stands: the policy's own file, or one that it includes
  std::size_t line = 0;  ///< there, from 1
};

/// Somebody answers for a rule that does not pass, until a day.
struct Waiver {
  std::string rule;     ///< its id
  std::string owner;    ///< who answers for it
  std::string reason;   ///< why
  std::string expires;  ///< "2027-01-31", the last day; UTC
  std::size_t line = 0;
};

struct Policy {
  std::string file;  ///< as it was named to us
  std::string name;
  std::string description;
  std::vector<Rule> rules;  ///< those of included files first, each in its file's order; at least one
  std::vector<Waiver> waivers;
  std::vector<std::string> includes;  ///< as the file names them; empty once they are read
};

/// Reads untrusted text. All mistakes are told at once, each with name:line:column and, for a typo, "did you mean".
/// @throws Error(BadInput)
/// What it includes is only named.
Policy parse_policy(std::string_view text, std::string_view name);

/// parse_policy of a file of at most 1 MiB, and of those that it includes, by paths from its own folder. Of a rule that
/// several have, the outermost counts; it keeps the place of the first. @throws Error as for reading them, too.
Policy read_policy(const std::filesystem::path& path);

/// A demand in words: "at least version 6.6", "contains lockdown and yama".
std::string demand_in_words(const Demand& demand);

}  // namespace keelson::policy
