/// Which nodes of a cluster are what their pool's release says, and which have drifted from it: what `keelson fleet
/// audit` tells. It judges what nodes reported of themselves (NodeRecords) and changes nothing.
///
/// A value: nothing in it refers to what it was made of. Texts are harmless. Deterministic: sorted, the time passed in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_record.h"

namespace keelson::fleet {

enum class Standing {
  OnRelease,     ///< what it reported is what its release says, and no drift was found
  Drifted,       ///< it booted its release, and something of it has been changed since
  OtherRelease,  ///< it runs something else
  Unknown,       ///< nothing that can be relied on was reported, or nothing says what it should run
};

struct AuditedNode {
  std::string name;
  std::string pool;    ///< "": none selects it
  std::string wanted;  ///< name of the release; "": none
  std::string booted;  ///< of the release that it turns out to run, else what it calls itself; "": not known
  Standing standing = Standing::Unknown;
  std::vector<std::string> findings;  ///< why it stands so; in the order in which one would look
  std::vector<std::string> notes;     ///< what does not count against it: "never audited"
  std::optional<DriftReport> drift;
  std::optional<Moment> reported;
};

struct FleetAudit {
  Moment taken{};
  std::vector<AuditedNode> nodes;  ///< sorted by pool, then name; those of no pool last
  std::vector<std::string> notes;  ///< of the whole: resources that can't be read, …
  std::size_t count(Standing standing) const;
};

/// What it is made of.
struct AuditSources {
  Cluster cluster;  ///< nodes are enough
  std::map<std::string, NodeRecord> records;
  std::vector<ImageRelease> releases;
  std::vector<NodePool> pools;
  std::vector<std::string> unreadable;  ///< resources that are broken, and why
};

/// @param stale drift that was looked for longer ago than this is told to be old.
FleetAudit audit_fleet(const AuditSources& sources, Moment now, std::chrono::seconds stale);

std::string_view standing_name(Standing standing);  ///< "on-release", "drifted", "other-release", "unknown"

}  // namespace keelson::fleet
