// From YAML text to a Policy. yaml-cpp gives the nodes and their places; what is allowed is in language.cpp.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/version.h"
#include "policy/fact_path.h"
#include "policy/pattern.h"
#include "policy/policy.h"
#include "sys/file.h"

namespace keelson::policy {

namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;
constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxIncludes = 32;
constexpr std::size_t kMaxListed = 256;   // values after one operator
constexpr std::size_t kMaxText = 4096;    // of one scalar
constexpr std::size_t kMaxFindings = 50;  // more than that is not read by anyone

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const auto& info : operators()) names.emplace_back(info.name);
  return names;
}

class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  Policy read(const YAML::Node& root) {
    Policy policy;
    policy.file = name_;
    const std::vector<std::string> known(policy_keys().begin(), policy_keys().end());
    auto keys = map_of(root, known, "a policy");
    if (!keys) return policy;
    require(root, *keys, "policy");
    if (!keys->contains("include")) require(root, *keys, "rules");
    if (const auto* node = find(*keys, "policy")) {
      if (text_of(*node, "policy") != "keelson/1")
        find_fault(*node, "this version of the policy language is not known; it must be 'keelson/1'");
    }
    if (const auto* node = find(*keys, "name")) policy.name = text_of(*node, "name");
    if (const auto* node = find(*keys, "description")) policy.description = text_of(*node, "description");
    if (const auto* node = find(*keys, "include")) read_includes(*node, policy);
    if (const auto* node = find(*keys, "rules")) read_rules(*node, policy);
    if (const auto* node = find(*keys, "waivers")) read_waivers(*node, policy);
    return policy;
  }

  void find_fault(const YAML::Mark& mark, std::string text) {
    // yaml-cpp counts from 0, people from 1.
    const bool placed = mark.line >= 0;
    findings_.push_back({placed ? mark.line + 1 : 1, placed ? mark.column + 1 : 1, std::move(text)});
  }

  void check() {
    if (findings_.empty()) return;
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    std::string text =
        fmt::format("cannot read policy '{}': {} mistake{}", name_, findings_.size(), findings_.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < std::min(findings_.size(), kMaxFindings); ++i) {
      text += fmt::format("\n  {}:{}:{}: {}", name_, findings_[i].line, findings_[i].column, findings_[i].text);
    }
    if (findings_.size() > kMaxFindings) text += fmt::format("\n  and {} more", findings_.size() - kMaxFindings);
    throw Error(ErrorKind::BadInput, std::move(text), "docs/reference/policy.md describes every key");
  }

 private:
  struct Finding {
    int line;
    int column;
    std::string text;
  };
  using Keys = std::map<std::string, YAML::Node>;

  void find_fault(const YAML::Node& node, std::string text) { find_fault(node.Mark(), std::move(text)); }
  static const YAML::Node* find(const Keys& keys, const std::string& key) {
    const auto found = keys.find(key);
    return found == keys.end() ? nullptr : &found->second;
  }
  void require(const YAML::Node& parent, const Keys& keys, const std::string& key) {
    if (!keys.count(key)) find_fault(parent, fmt::format("the key '{}' is missing", key));
  }

  // The keys of a map, unknown and repeated ones told and left out.
  std::optional<Keys> map_of(const YAML::Node& node, const std::vector<std::string>& known, std::string_view what) {
    if (!node.IsMap()) {
      find_fault(node, fmt::format("{} must be a map of keys and values", what));
      return std::nullopt;
    }
    Keys keys;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        const std::string advice = did_you_mean(key, known);
        find_fault(entry.first,
                   fmt::format("{} has no key '{}'{}{}", what, printable(key), advice.empty() ? "" : "; ", advice));
      } else if (!keys.emplace(key, entry.second).second) {
        find_fault(entry.first, fmt::format("the key '{}' stands here twice", key));
      }
    }
    return keys;
  }

  static std::string printable(std::string_view text) {
    std::string result;
    for (const char sign : text.substr(0, 60))
      result += static_cast<unsigned char>(sign) < 0x20 || sign == 0x7f ? '?' : sign;
    return result;
  }

  std::string text_of(const YAML::Node& node, std::string_view key) {
    if (!node.IsScalar()) {
      find_fault(node, fmt::format("'{}' must be a text", key));
      return {};
    }
    if (node.Scalar().size() > kMaxText) {
      find_fault(node, fmt::format("'{}' is longer than {} characters", key, kMaxText));
      return {};
    }
    return node.Scalar();
  }

  void read_includes(const YAML::Node& node, Policy& policy) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > kMaxIncludes)
      return find_fault(node, fmt::format("'include' must be a list of 1 to {} policies", kMaxIncludes));
    for (const auto& entry : node) {
      policy.includes.push_back(text_of(entry, "include"));
      if (entry.IsScalar() && policy.includes.back().empty()) find_fault(entry, "'include' must name files");
    }
  }

  void read_waivers(const YAML::Node& node, Policy& policy) {
    if (!node.IsSequence() || node.size() > kMaxRules)
      return find_fault(node, fmt::format("'waivers' must be a list of at most {} waivers", kMaxRules));
    const std::vector<std::string> known(waiver_keys().begin(), waiver_keys().end());
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const auto keys = map_of(entry, known, "a waiver");
      if (!keys) continue;
      Waiver waiver;
      waiver.line = line_of(entry);
      // Who, why and until when: a waiver without them would be a hole that nobody remembers.
      for (const auto& [key, text] : {std::pair("rule", &waiver.rule), std::pair("owner", &waiver.owner),
                                      std::pair("reason", &waiver.reason), std::pair("expires", &waiver.expires)}) {
        require(entry, *keys, key);
        if (const auto* value = find(*keys, key)) *text = text_of(*value, key);
        if (const auto* value = find(*keys, key); value != nullptr && value->IsScalar() && text->empty())
          find_fault(*value, fmt::format("'{}' must not be empty", key));
      }
      if (const auto* expires = find(*keys, "expires"); expires != nullptr && !waiver.expires.empty()) {
        if (!is_date(waiver.expires)) find_fault(*expires, "'expires' must be a day such as 2027-01-31");
      }
      if (!waiver.rule.empty() && !seen.insert(waiver.rule).second)
        find_fault(entry, fmt::format("the rule '{}' is waived twice", printable(waiver.rule)));
      policy.waivers.push_back(std::move(waiver));
    }
  }

  static bool is_date(const std::string& text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    int year = 0;
    unsigned month = 0, day = 0;
    const auto read = [&](std::size_t at, std::size_t length, auto& value) {
      const auto* begin = text.data() + at;
      const auto [end, error] = std::from_chars(begin, begin + length, value);
      return error == std::errc() && end == begin + length;
    };
    return read(0, 4, year) && read(5, 2, month) && read(8, 2, day) &&
           std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)).ok();
  }

  static std::size_t line_of(const YAML::Node& node) {
    return static_cast<std::size_t>(std::max(0, node.Mark().line)) + 1;
  }

  void read_rules(const YAML::Node& node, Policy& policy) {
    if (!node.IsSequence() || node.size() == 0) return find_fault(node, "'rules' must be a list of at least one rule");
    if (node.size() > kMaxRules)
      return find_fault(node, fmt::format("there are {} rules; at most {} are allowed", node.size(), kMaxRules));
    std::map<std::string, std::size_t> lines;
    for (const auto& entry : node) {
      Rule rule = read_rule(entry);
      const auto [first, fresh] = lines.emplace(rule.id, rule.line);
      if (!fresh && !rule.id.empty())
        find_fault(entry, fmt::format("the rule '{}' is there already, in line {}", rule.id, first->second));
      policy.rules.push_back(std::move(rule));
    }
  }

  Rule read_rule(const YAML::Node& node) {
    Rule rule;
    rule.file = name_;
    rule.line = line_of(node);
    std::vector<std::string> known(rule_keys().begin(), rule_keys().end());
    for (const auto& name : operator_names()) known.push_back(name);
    const auto keys = map_of(node, known, "a rule");
    if (!keys) return rule;
    require(node, *keys, "id");
    require(node, *keys, "fact");
    if (const auto* id = find(*keys, "id")) rule.id = id_of(*id);
    if (const auto* fact = find(*keys, "fact")) rule.fact = path_of(*fact, "fact");
    if (const auto* when = find(*keys, "when")) rule.when = read_condition(*when);
    if (const auto* reason = find(*keys, "reason")) rule.reason = text_of(*reason, "reason");
    if (const auto* hint = find(*keys, "hint")) rule.hint = text_of(*hint, "hint");
    if (const auto* severity = find(*keys, "severity")) rule.severity = severity_of(*severity);
    read_operator(node, *keys, rule, "the rule says nothing about its fact");
    return rule;
  }

  Demand read_condition(const YAML::Node& node) {
    Demand demand;
    std::vector<std::string> known = operator_names();
    known.emplace_back("fact");
    const auto keys = map_of(node, known, "'when'");
    if (!keys) return demand;
    require(node, *keys, "fact");
    if (const auto* fact = find(*keys, "fact")) demand.fact = path_of(*fact, "fact");
    read_operator(node, *keys, demand, "'when' says nothing about its fact");
    return demand;
  }

  std::string id_of(const YAML::Node& node) {
    const std::string id = text_of(node, "id");
    const bool good = !id.empty() && id.size() <= 64 &&
                      id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    if (!good && node.IsScalar()) find_fault(node, "'id' must be 1 to 64 lower-case letters, digits and hyphens");
    return good ? id : std::string();
  }

  std::string path_of(const YAML::Node& node, std::string_view key) {
    const std::string path = text_of(node, key);
    if (node.IsScalar() && !is_fact_path(path))
      find_fault(node, fmt::format("'{}' must be a dotted path such as 'versions.kernel'", key));
    return path;
  }

  Severity severity_of(const YAML::Node& node) {
    const std::string text = text_of(node, "severity");
    if (text == "warning") return Severity::Warning;
    if (text != "error") {
      const std::vector<std::string> words{"error", "warning"};
      const std::string advice = did_you_mean(text, words);
      find_fault(node, fmt::format("'severity' must be 'error' or 'warning'{}{}", advice.empty() ? "" : "; ", advice));
    }
    return Severity::Error;
  }

  void read_operator(const YAML::Node& parent, const Keys& keys, Demand& demand, std::string_view without) {
    const OperatorInfo* chosen = nullptr;
    for (const auto& info : operators()) {
      const auto* node = find(keys, std::string(info.name));
      if (node == nullptr) continue;
      if (chosen != nullptr) {
        find_fault(*node, fmt::format("a rule has one operator; this one has '{}' already", chosen->name));
        return;
      }
      chosen = &info;
    }
    if (chosen == nullptr) {
      const auto names = operator_names();
      find_fault(parent, fmt::format("{}; it needs one of {}", without, join_words(names, "or")));
      return;
    }
    demand.op = chosen->op;
    read_operands(*find(keys, std::string(chosen->name)), *chosen, demand);
  }

  void read_operands(const YAML::Node& node, const OperatorInfo& info, Demand& demand) {
    if (info.operand == OperandKind::NumberPair || info.operand == OperandKind::VersionPair)
      return read_pair(node, info, demand);
    if (info.operand != OperandKind::List) {
      demand.operands.push_back(operand_of(node, info));
      return;
    }
    if (!node.IsSequence() || node.size() == 0 || node.size() > kMaxListed) {
      return find_fault(node, fmt::format("'{}' must be a list of 1 to {} values", info.name, kMaxListed));
    }
    for (const auto& entry : node) demand.operands.push_back(operand_of(entry, info));
  }

  void read_pair(const YAML::Node& node, const OperatorInfo& info, Demand& demand) {
    if (!node.IsSequence() || node.size() != 2)
      return find_fault(node, fmt::format("'{}' must be a list of two: from, to", info.name));
    const std::size_t before = findings_.size();
    for (const auto& entry : node) demand.operands.push_back(operand_of(entry, info));
    if (findings_.size() > before) return;
    const std::string &from = demand.operands[0].text, &to = demand.operands[1].text;
    const bool rises = info.operand == OperandKind::NumberPair ? number_of(from) <= number_of(to)
                                                               : deb::compare_versions(from, to) < 0;
    if (!rises)
      find_fault(node, fmt::format("'{}' can be true of nothing: {} does not come before {}", info.name, from, to));
  }

  Operand operand_of(const YAML::Node& node, const OperatorInfo& info) {
    Operand operand{text_of(node, info.name), node.Tag() == "!"};  // yaml-cpp's tag for a quoted scalar
    if (!node.IsScalar()) return operand;
    switch (info.operand) {
      case OperandKind::Number:
      case OperandKind::NumberPair:
        if (!is_number(operand.text)) find_fault(node, fmt::format("'{}' must be a number", info.name));
        break;
      case OperandKind::Count:
        if (operand.text.empty() || operand.text.size() > 9 ||
            operand.text.find_first_not_of("0123456789") != std::string::npos) {
          find_fault(node, fmt::format("'{}' must be a whole number, 0 or more", info.name));
        }
        break;
      case OperandKind::Version:
      case OperandKind::VersionPair:
        if (operand.text.empty()) find_fault(node, fmt::format("'{}' must be a version such as \"1.7\"", info.name));
        break;
      case OperandKind::True:
        if (operand.text != "true")
          find_fault(node, fmt::format("'{}' can only be true; leave it out otherwise", info.name));
        break;
      case OperandKind::Pattern:
        try {
          Pattern pattern(operand.text);
        } catch (const Error& error) {
          find_fault(node, error.message());
        }
        break;
      case OperandKind::Fact:
        path_of(node, info.name);
        break;
      case OperandKind::Scalar:
      case OperandKind::List:
        break;
    }
    return operand;
  }

  static bool is_number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
  }

  static double number_of(const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  std::string name_;
  std::vector<Finding> findings_;
};

}  // namespace

Policy parse_policy(std::string_view text, std::string_view name) {
  if (text.size() > kMaxFileBytes) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read policy '{}': it is larger than 1 MiB", name));
  }
  Reader reader(name);
  Policy policy;
  try {
    policy = reader.read(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    reader.find_fault(error.mark, fmt::format("this is not YAML: {}", error.msg));
  }
  reader.check();
  return policy;
}

}  // namespace keelson::policy
