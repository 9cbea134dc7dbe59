/// The NodeRecord of this node in the API server: read, made, and its status written. Only what differs is sent.
///
/// Field manager: "keelson-node". Nobody but who gave it is told of an operation's result: it is written only if the
/// record is as it was read.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <stop_token>
#include <string>

#include "fleet/resources/node_record.h"
#include "kube/api.h"

namespace keelson::node {

/// A record as it was at one moment.
struct SeenRecord {
  fleet::NodeRecord record;
  nlohmann::json resource;
};

/// @param resource untrusted. @throws Error(BadInput).
SeenRecord see(nlohmann::json resource);

class OwnRecord {
 public:
  /// `api` must outlive it.
  OwnRecord(kube::Api& api, std::string node) : api_(api), node_(std::move(node)) {}

  /// Asks the server. Nothing when there is no record. @throws as kube::Api, and Error(BadInput).
  std::optional<SeenRecord> read(const std::stop_token& stop = {});
  /// Makes one without an operation; fine when there is one already.
  void create(const std::stop_token& stop = {});

  /// {bootID, booted, reported} of the status become this. @return whether anything had to be sent.
  /// @param before the resource, whatever is in it.
  bool tell_boot(const nlohmann::json& before, const fleet::BootReport& report, fleet::Moment now,
                 const std::stop_token& stop = {});
  /// @return false when the record is another by now: read it again.
  bool tell_operation(const SeenRecord& before, const fleet::OperationReport& report, const std::stop_token& stop = {});
  void tell_drift(const nlohmann::json& before, const fleet::DriftReport& drift, const std::stop_token& stop = {});

 private:
  void patch_status(nlohmann::json status, const std::string& only_version, const std::stop_token& stop);

  kube::Api& api_;
  std::string node_;
};

}  // namespace keelson::node
