// Rules and what they leave out: asked of the filter and of git.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filter/filter.h"
#include "filter/rule_text.h"

namespace foldersync::test {

using Lines = std::vector<std::string>;

// Rules that can't be compiled fail the test.
Filter filter_of(const Lines& rules);

// The rules without their places.
Lines texts_of(const std::vector<RuleLine>& lines);

// Whether the walk leaves `path` out: an entry above it, a directory, is excluded, or it is itself.
bool leaves_out(const Filter& filter, std::string_view path, bool is_directory);
// Paths as the table writes them: a directory ends in "/".
bool leaves_out(const Filter& filter, std::string_view path);

// What rules leave out and what they leave in.
struct FilterCase {
  Lines rules;
  Lines out;
  Lines in;
};
const std::vector<FilterCase>& filter_cases();

}  // namespace foldersync::test
