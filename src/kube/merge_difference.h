/// Merge patches out of two documents. Source: RFC 7386.
#pragma once

#include <nlohmann/json.hpp>

namespace keelson::kube {

/// The smallest merge patch that makes `before` into `after`: {} when they are the same objects; a member that is gone
/// is null; lists are whole. A member of `after` that is null counts as not there, for a merge patch can't say it.
nlohmann::json merge_difference(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace keelson::kube
