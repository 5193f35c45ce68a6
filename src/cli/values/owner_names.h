// Users and groups as a person names them.
#pragma once

#include <optional>
#include <string>

#include "plan/mirrored_fields.h"

namespace foldersync {

// "USER", "USER:" (the user alone), "USER:GROUP" or ":GROUP": a name that the system knows, or a
// number. Nothing where it is none.
std::optional<OwnerChange> parse_owners(const std::string& text);

}  // namespace foldersync
