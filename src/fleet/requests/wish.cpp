#include "fleet/requests/wish.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

std::string_view verb_of(WishKind kind) {
  switch (kind) {
    case WishKind::Pause:
      return "pause";
    case WishKind::Resume:
      return "resume";
    case WishKind::Abort:
      return "abort";
    case WishKind::RollBack:
      return "roll back";
    case WishKind::Approve:
      return "approve a batch of";
    case WishKind::Acknowledge:
      return "acknowledge a halt of";
  }
  return "change";
}

/// What a rollout that is over has become is what was asked for.
bool ended_as_asked(WishKind kind, Phase phase) {
  return (kind == WishKind::Abort && phase == Phase::Aborted) ||
         (kind == WishKind::RollBack && phase == Phase::RolledBack);
}

[[noreturn]] void refuse_over(WishKind kind, const NodeRollout& rollout, const RolloutStatus& status) {
  std::string hint;
  if (kind == WishKind::RollBack)
    hint = "what is over does not turn: start a rollout of the pool to the release that it had before";
  throw Error(
      ErrorKind::Refused,
      fmt::format("cannot {} the rollout '{}': it is over ({})", verb_of(kind), rollout.name, phase_name(status.phase)),
      hint);
}

WishChange flag_change(bool there, bool wanted, const char* key, std::string already, std::string told) {
  if (there == wanted) return {.patch = std::nullopt, .told = std::move(already)};
  return {.patch = json{{"spec", {{key, wanted}}}}, .told = std::move(told)};
}

bool is_approved(const Wishes& wishes, const std::string& batch) {
  return std::find(wishes.approved.begin(), wishes.approved.end(), batch) != wishes.approved.end();
}

const Batch& batch_to_approve(const Wish& wish, const NodeRollout& rollout, const RolloutStatus* status) {
  const auto& batches = rollout.spec.batches;
  if (wish.batch.empty()) {
    const Batch* current = status == nullptr ? &batches.front() : &batches[status->batch];
    if (current->needs_approval && !is_approved(rollout.wishes, current->name)) return *current;
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot approve a batch of the rollout '{}': batch '{}', which is its turn, waits for no "
                            "approval",
                            rollout.name, current->name),
                "name the batch that is to be approved before it is its turn");
  }
  std::vector<std::string> names;
  for (const auto& batch : batches) {
    if (batch.name == wish.batch) return batch;
    names.push_back(batch.name);
  }
  const std::string hint = did_you_mean(wish.batch, names);
  throw Error(
      ErrorKind::NotFound,
      fmt::format("cannot approve batch '{}' of the rollout '{}': it has no such batch", wish.batch, rollout.name),
      hint.empty() && names.size() <= 12 ? "its batches are " + join_words(names) : hint);
}

WishChange approve(const Wish& wish, const NodeRollout& rollout, const RolloutStatus* status) {
  const Batch& batch = batch_to_approve(wish, rollout, status);
  if (is_approved(rollout.wishes, batch.name))
    return {.patch = std::nullopt, .told = fmt::format("has approval for batch '{}' already", batch.name)};
  if (!batch.needs_approval)
    return {.patch = std::nullopt, .told = fmt::format("needs no approval for batch '{}'", batch.name)};
  auto approved = rollout.wishes.approved;
  approved.push_back(batch.name);
  json patch{{"spec", {{"approvedBatches", approved}}}};
  if (!rollout.resource_version.empty()) patch["metadata"] = {{"resourceVersion", rollout.resource_version}};
  return {.patch = std::move(patch), .told = fmt::format("may begin batch '{}'", batch.name)};
}

WishChange acknowledge(const NodeRollout& rollout, const RolloutStatus* status) {
  const std::int64_t halts = status == nullptr ? 0 : status->halts;
  if (halts <= rollout.wishes.acknowledged_halts)
    return {.patch = std::nullopt,
            .told = halts == 0 ? "has not halted" : "has not halted since it was last told to go on"};
  if (status->backing_out) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot acknowledge a halt of the rollout '{}': it goes back, and does not turn again",
                            rollout.name),
                "when it is over, start another one");
  }
  return {.patch = json{{"spec", {{"acknowledgedHalts", halts}}}},
          .told = "is to go on; what failed so far no longer counts"};
}

WishChange resume(const NodeRollout& rollout, const RolloutStatus* status) {
  const bool halted = status != nullptr && status->halts > rollout.wishes.acknowledged_halts;
  return flag_change(
      rollout.wishes.paused, false, "paused",
      halted ? "is not paused but has halted: 'keelson fleet rollout acknowledge' lets it go on" : "is not paused",
      "is to go on");
}

}  // namespace

WishChange change_for(const Wish& wish, const NodeRollout& rollout, const std::optional<RolloutRecord>& record) {
  const RolloutStatus* status = record ? &record->status : nullptr;
  if (status != nullptr && status->over()) {
    if (ended_as_asked(wish.kind, status->phase))
      return {.patch = std::nullopt, .told = fmt::format("is over already ({})", phase_name(status->phase))};
    refuse_over(wish.kind, rollout, *status);
  }
  switch (wish.kind) {
    case WishKind::Pause:
      return flag_change(rollout.wishes.paused, true, "paused", "is paused already",
                         "is to pause: nodes that have begun are finished, no other begins");
    case WishKind::Resume:
      return resume(rollout, status);
    case WishKind::Abort:
      return flag_change(rollout.wishes.aborted, true, "aborted", "was told to end already",
                         "is to end: nodes that were changed are finished and stay, the others are given back");
    case WishKind::RollBack:
      return flag_change(rollout.wishes.roll_back, true, "rollBack", "was told to go back already",
                         "is to go back: nodes that were changed get the release that they had before");
    case WishKind::Approve:
      return approve(wish, rollout, status);
    case WishKind::Acknowledge:
      return acknowledge(rollout, status);
  }
  return {};
}

}  // namespace keelson::fleet
