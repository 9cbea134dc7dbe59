/// Infrastructure machine templates can't be changed, only replaced: a copy with the change, under a name that follows
/// from its content, so that the same image is the same template however often it is asked for.
#pragma once

#include <string>

#include "fleet/back_ends/machines.h"
#include "fleet/resources/node_record.h"

namespace keelson::fleet {

/// The merge patch of a back end with "${image}", "${digest}" and "${release}" filled in, in every text of it.
/// @param patch JSON, untrusted. @throws Error(BadInput): no object, an unknown "${…}", or one that the release lacks.
kube::json filled_patch(const std::string& patch, const Operation& operation);

/// The copy, as it is to be created; nothing when the patch changes nothing.
/// @param original as the server has it. @throws Error(BadInput) when the patch changes more than `spec`.
std::optional<kube::json> copied_template(const kube::json& original, const kube::json& patch);

/// Makes sure that there is the template, and tells its name.
/// @throws as kube::Api does; Error(NotFound) when the template's kind is not served; Error(Refused) when something
/// else has the copy's name.
std::string provide_template(kube::Api& api, kube::Discovery& discovery, const TemplateReference& reference,
                             const kube::json& patch, const std::string& field_manager, const std::stop_token& stop);

}  // namespace keelson::fleet
