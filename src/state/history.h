// What became of earlier attempts: two files of lines for each pair in the folder `history`, which
// may be lost. Who writes a line may hold it: as long as that process lives, others see it.
//
// No database: a line more costs some twenty calls and no wait for the disk, and a lock of the
// kernel tells who lives also from another container (docs/decisions/history.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "fs/fd.h"
#include "fs/file_system.h"

namespace foldersync {

// A name for the files of what `key` says.
std::string history_name(std::string_view key);

// The newer file of a pair, open to be added to. One process after another, or several at once.
class HistoryFile {
 public:
  // `state` is absolute, and made where it is missing. Error kState: it can't be kept, or others
  // could write there.
  static Result<HistoryFile> open(FileSystem& fs, const std::string& state,
                                  const std::string& name);

  // The last whole lines that there were when it was opened, a few KiB of them.
  [[nodiscard]] const std::vector<std::string>& last_lines() const { return last_lines_; }

  // Appends a line, without its end. Where the file is large by now, it becomes the older one, and
  // another is begun: it has half a MiB, some 600 attempts.
  Status add(std::string_view line);
  // Holds the line that was added last until this, and what was forked since, is gone. Without
  // locks (some network file systems): nothing is held.
  void hold();

 private:
  HistoryFile(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  std::uint64_t line_at_ = 0;
  std::vector<std::string> last_lines_;
};

// A loop of the pair lives as long as this is open, in any process. Not open: that can't be told.
Result<Fd> hold_loop(FileSystem& fs, const std::string& state, const std::string& name);

struct HistoryLine {
  std::string text;
  bool is_held = false;
};
// Of one name, the oldest first.
struct HistoryOfPair {
  std::string name;
  std::vector<HistoryLine> lines;
  bool has_loop = false;
};

// All that is there, by name; nothing where there is no history. Error: it can't be read.
Result<std::vector<HistoryOfPair>> read_history(FileSystem& fs, const std::string& state);

// Removes the files of that name.
Status forget_history(FileSystem& fs, const std::string& state, const std::string& name);

}  // namespace foldersync
