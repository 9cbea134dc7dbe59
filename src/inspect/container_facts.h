/// What a container image says of itself, beside its files.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "image/container/container_image.h"

namespace keelson::inspect {

/// The fact `containerImage`: schema/facts.schema.json.
nlohmann::json container_facts(const image::ContainerImage& image);

}  // namespace keelson::inspect
