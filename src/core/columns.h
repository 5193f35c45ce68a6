// Text that fits the width of a terminal.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace foldersync {

// The width where nothing is cut.
inline constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

// The columns that `text` takes, UTF-8 as escaped() gives it, by the tables of Unicode: wide
// characters (Chinese, say) take two, those that combine with the one before take none.
std::size_t columns_of(std::string_view text);

// `text` in at most `width` columns: where it is longer, "..." takes the place of its middle, so
// that the end of a path and what stands after it stay to be seen.
std::string cut_to(std::string_view text, std::size_t width);

// `text` with blanks after it, or before it, up to `width` columns.
std::string left_aligned(std::string_view text, std::size_t width);
std::string right_aligned(std::string_view text, std::size_t width);

// Words in lines of at most `width` columns, of which each begins at column `at`; the text before
// it reaches to column `from`.
std::string wrapped(std::string_view words, std::size_t from, std::size_t at, std::size_t width);

}  // namespace foldersync
