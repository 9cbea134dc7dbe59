/// What the readers of this folder share: the frame of a resource, names, and parts that have a reader of their own.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_findings.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

inline constexpr std::size_t kMostName = 253;      ///< bytes of an object's name (Kubernetes: a DNS subdomain)
inline constexpr std::size_t kMostMessage = 1024;  ///< bytes of a sentence for people
inline constexpr std::size_t kMostImage = 1024;    ///< bytes of an image's reference

/// What every resource has beside spec and status. What is missing is "" or 0.
struct ResourceFrame {
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
};

/// Reads the frame, and whether it is of the kind at all. Whatever is wrong is among the findings afterwards.
ResourceFrame read_frame(const JsonPlace& resource, std::string_view kind);

/// Runs a reader over a whole resource. @param kind "NodePool" @param what "node pool", for errors.
/// @throws Error(BadInput) with all findings.
void read_whole(const nlohmann::json& resource, std::string_view kind, std::string_view what,
                const std::function<void(const ResourceFrame&, const JsonPlace&)>& read);

/// Lower-case letters, digits, '-' and '.', with letters or digits at the ends of every part.
bool is_object_name(std::string_view text);
std::optional<std::string> read_object_name(const JsonPlace& place);
/// A list of different ones. Not there: none.
std::vector<std::string> read_object_names(const JsonPlace& list, std::size_t most);

/// "sha256:" and 64 hexadecimal digits in lower case.
std::optional<std::string> read_digest(const JsonPlace& place);

/// RFC 3339.
std::optional<Moment> read_moment(const JsonPlace& place);
std::string moment_text(Moment moment);

/// A part whose reader throws at its first mistake: that becomes a finding here.
/// @param read gets the value and the name that its errors must carry.
void read_part(const JsonPlace& place, const std::function<void(const nlohmann::json&, std::string_view)>& read);

/// Whether it is one; a finding when it is something else. For what may have members that a later version brings.
bool is_object(const JsonPlace& place);

/// A release as operations and reports hold it: {name, imageDigest, …}. @param named whether it must have a name.
enum class Named { Must, May };
Release read_release_part(const JsonPlace& fields, Named named);

}  // namespace keelson::fleet
