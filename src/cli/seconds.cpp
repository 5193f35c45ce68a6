#include "cli/seconds.h"

#include <cmath>
#include <locale>
#include <sstream>

namespace foldersync {

std::optional<double> parse_seconds(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos)
    return std::nullopt;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double seconds = 0;
  if (!(stream >> seconds) || !stream.eof() || !std::isfinite(seconds)) return std::nullopt;
  return seconds;
}

}  // namespace foldersync
