#include "fleet/audit/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/duration.h"
#include "base/harmless_text.h"

namespace keelson::fleet {

namespace {

struct Part {
  const char* name;
  std::string Release::*member;
};
constexpr std::array<Part, 6> kParts{{{"image", &Release::image_digest},
                                      {"list of packages", &Release::manifest_hash},
                                      {"kernel", &Release::kernel},
                                      {"containerd", &Release::containerd},
                                      {"SELinux", &Release::selinux},
                                      {"FIPS", &Release::fips}}};

// As the state machine compares: what a release does not say is not asked for.
std::vector<std::string> differences(const Release& wanted, const Release& booted) {
  std::vector<std::string> texts;
  for (const auto& part : kParts) {
    const auto &want = wanted.*part.member, &have = booted.*part.member;
    if (want.empty() || want == have) continue;
    texts.push_back(
        harmless_text(fmt::format("{} is {}, the release has {}", part.name, have.empty() ? "not known" : have, want)));
  }
  return texts;
}

bool says_which(const Release& release) { return !release.image_digest.empty() || !release.manifest_hash.empty(); }

// By what identifies an image: the name that a node gives itself proves nothing.
const ImageRelease* recognise(const std::vector<ImageRelease>& releases, const Release& booted) {
  const auto found = std::find_if(releases.begin(), releases.end(), [&](const ImageRelease& candidate) {
    return says_which(candidate.release) && differences(candidate.release, booted).empty();
  });
  return found == releases.end() ? nullptr : &*found;
}

const ImageRelease* find_release(const std::vector<ImageRelease>& releases, const std::string& name) {
  const auto found =
      std::find_if(releases.begin(), releases.end(), [&](const auto& each) { return each.release.name == name; });
  return found == releases.end() ? nullptr : &*found;
}

/// Judges one node after the other.
class Judge {
 public:
  Judge(const AuditSources& sources, Moment now, std::chrono::seconds stale)
      : sources_(sources), now_(now), stale_(stale) {}

  AuditedNode judge(const Node& node, const NodePool* pool) const {
    AuditedNode result{.name = harmless_text(node.name)};
    const ImageRelease* wanted = nullptr;
    if (pool == nullptr) {
      result.notes.push_back("no pool selects it");
    } else {
      result.pool = harmless_text(pool->name);
      wanted = wanted_of(*pool, result);
    }
    const auto found = sources_.records.find(node.name);
    const NodeRecord* record = found == sources_.records.end() ? nullptr : &found->second;
    if (!has_report(node, record, result)) return result;
    judge_report(*record, wanted, result);
    judge_drift(*record, result);
    return result;
  }

 private:
  const ImageRelease* wanted_of(const NodePool& pool, AuditedNode& result) const {
    const ImageRelease* wanted = nullptr;
    if (!pool.release.empty()) {
      result.wanted = harmless_text(pool.release);
      wanted = find_release(sources_.releases, pool.release);
      if (wanted == nullptr)
        result.findings.push_back(fmt::format("its pool wants release '{}', which does not exist", result.wanted));
    } else if (!pool.channel.empty()) {
      wanted = newest_of(sources_.releases, pool.channel, now_);
      if (wanted != nullptr)
        result.wanted = harmless_text(wanted->release.name);
      else
        result.findings.push_back(
            fmt::format("its pool follows channel '{}', which has no release", harmless_text(pool.channel)));
    } else {
      result.notes.push_back("its pool wants no release");
    }
    return wanted;
  }

  static bool has_report(const Node& node, const NodeRecord* record, AuditedNode& result) {
    if (record == nullptr || !record->report) {
      result.findings.push_back("it has reported nothing");
      return false;
    }
    result.reported = record->reported;
    result.booted = harmless_text(record->report->booted.name);
    if (node.boot_id.empty() || record->report->boot_id == node.boot_id) return true;
    result.findings.push_back("what it reported is of another boot than it is in");
    return false;
  }

  void judge_report(const NodeRecord& record, const ImageRelease* wanted, AuditedNode& result) const {
    const Release& booted = record.report->booted;
    const ImageRelease* runs = recognise(sources_.releases, booted);
    if (runs != nullptr) {
      result.booted = harmless_text(runs->release.name);
      if (runs->denied)
        result.findings.push_back(
            harmless_text(fmt::format("it runs release '{}', which is denied: {}", runs->release.name, *runs->denied)));
    }
    if (record.operation && (!record.progress || record.progress->name != record.operation->name ||
                             record.progress->state == OperationState::Running))
      result.notes.push_back(
          harmless_text(fmt::format("it is being given release '{}'", record.operation->release.name)));
    if (wanted == nullptr) return;
    if (!says_which(wanted->release) && wanted->release.kernel.empty()) {
      result.findings.push_back(fmt::format("release '{}' says nothing by which a node could be known", result.wanted));
      return;
    }
    auto others = differences(wanted->release, booted);
    result.standing = others.empty() ? Standing::OnRelease : Standing::OtherRelease;
    // Two releases may say the same of a node.
    if (others.empty()) result.booted = result.wanted;
    result.findings.insert(result.findings.end(), others.begin(), others.end());
  }

  void judge_drift(const NodeRecord& record, AuditedNode& result) const {
    result.drift = record.drift;
    if (!record.drift) {
      result.notes.push_back("it was never audited");
      return;
    }
    if (now_ - record.drift->checked > stale_)
      result.notes.push_back(
          fmt::format("it was audited last {} ago",
                      human_duration(std::chrono::floor<std::chrono::hours>(now_ - record.drift->checked))));
    if (record.drift->findings() == 0) return;
    if (result.standing == Standing::OnRelease || result.standing == Standing::Unknown)
      result.standing = Standing::Drifted;
    result.findings.push_back(fmt::format("drift: {} packages, {} files, {} units, {} of the kernel",
                                          record.drift->packages, record.drift->files, record.drift->units,
                                          record.drift->kernel));
    for (const auto& example : record.drift->examples) result.findings.push_back(harmless_text(example));
  }

  const AuditSources& sources_;
  Moment now_;
  std::chrono::seconds stale_;
};

}  // namespace

std::size_t FleetAudit::count(Standing standing) const {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node.standing == standing; }));
}

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::OnRelease:
      return "on-release";
    case Standing::Drifted:
      return "drifted";
    case Standing::OtherRelease:
      return "other-release";
    case Standing::Unknown:
      return "unknown";
  }
  return "";
}

FleetAudit audit_fleet(const AuditSources& sources, Moment now, std::chrono::seconds stale) {
  FleetAudit audit;
  audit.taken = now;
  audit.notes = sources.unreadable;
  std::map<std::string, const NodePool*> pool_of;
  for (const auto& pool : sources.pools) {
    for (const auto& name : nodes_of(pool, sources.cluster)) {
      const auto [place, is_new] = pool_of.try_emplace(name, &pool);
      if (!is_new)
        audit.notes.push_back(
            harmless_text(fmt::format("node '{}' is selected by pool '{}' and by pool '{}': only the first counts here",
                                      name, place->second->name, pool.name)));
    }
  }
  const Judge judge(sources, now, stale);
  for (const auto& [name, node] : sources.cluster.nodes()) {
    const auto pool = pool_of.find(name);
    audit.nodes.push_back(judge.judge(node, pool == pool_of.end() ? nullptr : pool->second));
  }
  std::sort(audit.nodes.begin(), audit.nodes.end(), [](const AuditedNode& a, const AuditedNode& b) {
    return std::tuple(a.pool.empty(), a.pool, a.name) < std::tuple(b.pool.empty(), b.pool, b.name);
  });
  for (const auto& [name, record] : sources.records) {
    if (sources.cluster.find_node(name) == nullptr)
      audit.notes.push_back(harmless_text(fmt::format("there is a record of '{}', and no such node", name)));
  }
  return audit;
}

}  // namespace keelson::fleet
