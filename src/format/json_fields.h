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

// Error kInvalidDocument, with a clause: `text` is no JSON, has a key twice, or has more than 1
// MiB, 16 levels, 10,000 values or 1 KiB of keys around a value. No more of it is read than it
// takes to find that.
Result<JsonFields> json_fields(std::string_view text);

// The string at `pointer`; nothing where there is none.
std::optional<std::string> string_at(const JsonFields& fields, const std::string& pointer);

}  // namespace foldersync
