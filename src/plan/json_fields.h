// A small JSON document as a list of its strings.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace foldersync {

// All strings by JSON pointer (RFC 6901): "/signatures/0/sig".
using JsonFields = std::map<std::string, std::string>;

// Error kInvalidDocument, with a clause: `text` is no JSON, has a key twice, or is over 1 MiB.
Result<JsonFields> json_fields(std::string_view text);

// The string at `pointer`; nothing where there is none.
std::optional<std::string> string_at(const JsonFields& fields, const std::string& pointer);

}  // namespace foldersync
