// What became of the last attempt of a pair, as node_exporter's textfile collector reads it
// (https://prometheus.io/docs/instrumenting/exposition_formats/, the text format).
#pragma once

#include <string>

#include "cli/history/attempt_record.h"
#include "core/result.h"
#include "fs/file_system.h"

namespace foldersync {

// The whole text. Requires: the attempt has ended, and its standing is the one after it.
std::string metrics_text(const Attempt& attempt);

// Takes the place of the file at once, readable by all (mode 0644).
Status write_metrics(FileSystem& fs, const std::string& file, const Attempt& attempt);

}  // namespace foldersync
