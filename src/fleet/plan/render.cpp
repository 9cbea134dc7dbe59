#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "base/harmless_text.h"
#include "base/timestamp.h"
#include "fleet/plan/plan.h"
#include "fleet/rollout/document.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::Blocks:
      return "blocks";
    case Severity::Warns:
      return "warns";
    case Severity::Notes:
      return "notes";
  }
  return "notes";
}

std::string moment_text(Moment moment) { return timestamp_text(moment.time_since_epoch().count()); }

/// "1 h 25 min": hours and minutes, for what takes that long.
std::string about(std::chrono::seconds length) {
  const auto minutes = (length.count() + 30) / 60;
  if (minutes < 1) return fmt::format("{} s", length.count());
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / (24 * 60), minutes / 60 % 24);
}

json forecast_json(const Forecast& forecast, Moment start) {
  json batches = json::array();
  for (const auto& batch : forecast.batches) {
    json one{{"name", batch.name}, {"nodes", batch.nodes}};
    if (batch.begins) one["begins"] = moment_text(*batch.begins);
    if (batch.ends) one["ends"] = moment_text(*batch.ends);
    batches.push_back(std::move(one));
  }
  json document{{"phase", phase_name(forecast.phase)},
                {"end", moment_text(forecast.end)},
                {"seconds", (forecast.end - start).count()},
                {"finished", forecast.finished},
                {"requests", forecast.requests},
                {"evictions", forecast.evictions},
                {"batches", std::move(batches)}};
  if (!forecast.reason.empty()) document["reason"] = forecast.reason;
  return document;
}

std::string nodes_text(const std::vector<std::string>& nodes) {
  constexpr std::size_t kNamed = 4;
  std::string text;
  for (std::size_t i = 0; i < nodes.size() && i < kNamed; ++i) text += (i == 0 ? "" : ", ") + harmless_text(nodes[i]);
  if (nodes.size() > kNamed) text += fmt::format(" and {} more", nodes.size() - kNamed);
  return text;
}

}  // namespace

json plan_json(const Plan& plan) {
  json findings = json::array();
  for (const auto& finding : plan.findings) {
    findings.push_back({{"severity", severity_name(finding.severity)},
                        {"subject", finding.subject},
                        {"text", finding.text},
                        {"nodes", finding.nodes}});
  }
  return {{"schema", "keelson-plan/1"},
          {"start", moment_text(plan.start)},
          {"rollout", spec_json(plan.spec)},
          {"findings", std::move(findings)},
          {"usual", forecast_json(plan.usual, plan.start)},
          {"slow", forecast_json(plan.slow, plan.start)}};
}

std::string render_plan(const Plan& plan, bool colour) {
  const auto bold = [&](std::string_view text) {
    return colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
  };
  std::string page =
      fmt::format("{}\n\n", bold(fmt::format("Rollout {}: pool {}, {} nodes, to {}", plan.spec.name, plan.spec.pool,
                                             plan.spec.pool_nodes.size(), plan.spec.target.name)));
  const auto& strategy = plan.spec.strategy;
  page += fmt::format("  at most {}{} out of service, {} may fail, a node's pods get {} to leave\n",
                      strategy.max_unavailable.count, strategy.max_unavailable.percent ? " %" : "",
                      strategy.max_failures, human_duration(strategy.drain_time));
  page += fmt::format("  soak: {} a node, {} a batch, {} at the end\n\n", human_duration(strategy.node_soak),
                      human_duration(strategy.batch_soak), human_duration(strategy.final_soak));
  page += fmt::format("{}\n", bold("Batches"));
  for (std::size_t i = 0; i < plan.spec.batches.size(); ++i) {
    const Batch& batch = plan.spec.batches[i];
    const auto& usual = plan.usual.batches[i];
    const std::string when = usual.begins ? fmt::format("after {}, done after {}", about(*usual.begins - plan.start),
                                                        usual.ends ? about(*usual.ends - plan.start) : std::string("?"))
                                          : std::string("never begins");
    page +=
        fmt::format("  {:2}  {:<24} {:4} nodes  {}{}\n      {}\n", i + 1, harmless_text(batch.name), batch.nodes.size(),
                    when, batch.needs_approval ? ", needs approval" : "", nodes_text(batch.nodes));
  }
  page += fmt::format("\n{}\n", bold("What stands in the way"));
  if (plan.findings.empty()) page += "  nothing that can be seen from here\n";
  for (const auto& finding : plan.findings) {
    page += fmt::format("  {:<6}  {}: {}\n", severity_name(finding.severity), harmless_text(finding.subject),
                        harmless_text(finding.text));
    if (!finding.nodes.empty()) page += fmt::format("          on {}\n", nodes_text(finding.nodes));
  }
  const auto told = [&](const Forecast& forecast) {
    return forecast.phase == Phase::Completed
               ? fmt::format("{} ({} evictions, {} requests)", about(forecast.end - plan.start), forecast.evictions,
                             forecast.requests)
               : fmt::format("ends as {} after {}: {}", phase_name(forecast.phase), about(forecast.end - plan.start),
                             harmless_text(forecast.reason));
  };
  page += fmt::format("\n{}\n  usually   {}\n  if slow   {}\n", bold("How long it takes"), told(plan.usual),
                      told(plan.slow));
  return page;
}

}  // namespace keelson::fleet
