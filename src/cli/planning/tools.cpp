#include "cli/planning/tools.h"

#include <string>

namespace foldersync {

void Tools::confine(WrittenPlaces places) const {
  places.state_folder = state.folder();
  const std::string warning = write_nowhere_else(fs, places);
  if (!warning.empty() && state.carried().is_first(warning)) log.warn(warning);
}

void Tools::log_warnings() const {
  for (const std::string& warning : state.take_warnings()) log.warn(warning);
}

}  // namespace foldersync
