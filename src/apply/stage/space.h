// Whether there is room for what a plan writes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apply/stage/request.h"
#include "apply/stage/window.h"
#include "core/result.h"
#include "plan/action_store.h"

namespace foldersync {

struct SpaceQuestion {
  FileSystem& fs;  // the replica's
  const Root& source;
  const ReadableTree& source_tree;
  int replica;                             // an open directory of the file system that is filled
  const std::string& replica_file_system;  // see FileSystem::file_system_id
  bool atomic = false;                     // all of it in one window
  bool keeps_old = false;                  // nothing is freed: a backup there keeps it
  WindowLimits windows = {};
};

// The rule on free space. Window for window: what is staged must fit, and what earlier windows
// displaced has made room. Nothing where files can share what they hold with the source, or the
// file system doesn't tell: then nothing is concluded. An error: the actions can't be read.
Result<std::optional<Guard>> ask_space(const SpaceQuestion& question, const ActionStore& actions);

// The same as an error: kRefused, with the figures and the option that overrides it.
Status check_space(const ApplyRequest& request);

// Whether a window of these actions can be staged while what an earlier one displaced is still
// there.
bool fits_beside_the_old(const ApplyRequest& request, const std::vector<Slot>& window);

}  // namespace foldersync
