// A few named texts as one line, for files of our own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace foldersync {

// By name (plain words); any bytes. One that is empty is as good as none.
using Fields = std::map<std::string, std::string>;

// A JSON object, without the line's end; a text that is no UTF-8 is there as base64 too.
std::string line_of(const Fields& fields);
// The inverse; nothing where `line` is no such line.
std::optional<Fields> fields_in(std::string_view line);

// Empty where there is none.
std::string text_at(const Fields& fields, const std::string& name);
// 0 where there is none, or it is no number.
std::uint64_t count_at(const Fields& fields, const std::string& name);
// A decimal number, as in "1.5"; nothing where there is none.
std::optional<double> seconds_at(const Fields& fields, const std::string& name);
// With milliseconds.
std::string seconds_text(double seconds);

}  // namespace foldersync
