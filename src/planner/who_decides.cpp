#include "planner/who_decides.h"

#include <memory>
#include <utility>
#include <vector>

#include "planner/source_rules.h"

namespace foldersync {

Result<Decided> who_decides(const ReadableTree& source, const Filter& filter,
                            const PlanOptions& options, const RelPath& path, bool is_directory) {
  constexpr std::size_t kFewOpen = 8;
  std::vector<RelPath> way;
  for (RelPath step = path; !step.is_root(); step = step.parent()) way.insert(way.begin(), step);
  const auto reader = source.reader(kFewOpen);
  std::shared_ptr<const LocalRules> local;
  Decided decided{path, {}, {}};
  for (const RelPath& step : way) {
    const std::string directory(step.parent_bytes());
    const std::string name(step.name());
    bool is_folder = is_directory || step != path;
    DirectoryNames names;
    const auto here = reader->enter(directory);
    if (here && (*here)->list(names)) {
      VisitedPair pair{.path = directory, .source = {}, .replica = {}};
      pair.source.names = &names;
      pair.source.here = *here;
      pair.handed_down = local;
      local = TRY(rules_of_source(options, pair));
      if (const auto status = (*here)->status(name.c_str())) is_folder = status->is_directory();
    }
    decided.path = step;
    decided.said = filter.decide(directory, name, is_folder, local.get());
    decided.directory = std::string(std::exchange(decided.said.directory, {}));
    if (decided.said.excluded) break;
  }
  return decided;
}

}  // namespace foldersync
