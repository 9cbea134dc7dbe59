/// What a node runs now, and whether that is what a release asks for. By the rules of the proof that a node that moves
/// has to pass (fleet/rollout/difference.h).
#pragma once

#include <map>
#include <string>

#include "fleet/cluster.h"
#include "fleet/resources/node_record.h"

namespace keelson::fleet {

using NodeRecords = std::map<std::string, NodeRecord>;  ///< by node

/// What a node runs, so that a rollback can go back to it: by its NodeRecord, when that is of its present boot, else as
/// far as its kubelet tells. It has a name, if only that of the operating system. @param record may be null.
Release present_release(const Node& node, const NodeRecord* record);

/// Whether a Node alone, without a NodeRecord, can prove it: nothing but kernel and containerd is asked for.
bool asks_only_what_a_node_tells(const Release& wanted);
/// Of such a release nobody can say which nodes run it.
bool asks_for_nothing(const Release& wanted);

enum class Standing {
  Current,   ///< runs it, in all that it asks for
  Outdated,  ///< runs something else
  Unknown,   ///< nothing has told, of the present boot, what it asks for
};

/// @param record may be null.
Standing standing_of(const Node& node, const NodeRecord* record, const Release& wanted);

}  // namespace keelson::fleet
