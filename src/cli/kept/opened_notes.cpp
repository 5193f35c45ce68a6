#include "cli/kept/opened_notes.h"

#include <memory>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/text.h"

namespace foldersync {
namespace {

// Lines of a part, each of which is written anew for every line that it gets.
constexpr std::size_t kLines = 64;

std::string line_of(const RelPath& path, const OpenedUp& opened_up) {
  const FileStatus& seen = opened_up.seen;
  return std::to_string(opened_up.mode) + " " + std::to_string(seen.uid) + " " +
         std::to_string(seen.inode) + " " + std::to_string(seen.incarnation) + " ." +
         to_base64(path.bytes()) + "\n";
}

constexpr std::string_view kForgotten = "- .";

std::string forgotten_line_of(const RelPath& path) {
  return std::string(kForgotten) + to_base64(path.bytes()) + "\n";
}

// A line that is something else, of a later version, say, is left out.
void read_line(const std::string& line, AllOpenedUp& all) {
  if (line.starts_with(kForgotten)) {
    const auto bytes = from_base64(std::string_view(line).substr(kForgotten.size()));
    if (bytes && (bytes->empty() || RelPath::is_path(*bytes))) {
      all.erase(RelPath::from_bytes(*bytes));
    }
    return;
  }
  std::istringstream fields(line);
  OpenedUp opened_up;
  std::string path;
  fields >> opened_up.mode >> opened_up.seen.uid >> opened_up.seen.inode >>
      opened_up.seen.incarnation >> path;
  const auto bytes = fields && path.starts_with('.') ? from_base64(std::string_view(path).substr(1))
                                                     : std::nullopt;
  if (!bytes || opened_up.mode > 07777) return;
  if (!bytes->empty() && !RelPath::is_path(*bytes)) return;
  opened_up.seen.type = FileType::kDirectory;
  all.try_emplace(RelPath::from_bytes(*bytes), opened_up);
}

}  // namespace

MemoryOfOpened::MemoryOfOpened(KeptState& state, const std::string& identity)
    : state_(state), key_("opened-up " + to_base64(identity)) {}

std::string MemoryOfOpened::part_key(std::size_t part) const {
  return part == 0 ? key_ : key_ + " " + std::to_string(part);
}

// Parts from the first on, up to one that is missing or empty.
AllOpenedUp MemoryOfOpened::read() {
  AllOpenedUp all;
  parts_ = 0;
  Memory* const memory = state_.memory();
  while (memory != nullptr) {
    const auto part = memory->fact(part_key(parts_));
    if (!part || !*part || (*part)->empty()) break;
    ++parts_;
    std::istringstream lines(**part);
    for (std::string line; std::getline(lines, line);) read_line(line, all);
  }
  return all;
}

AllOpenedUp MemoryOfOpened::known() {
  is_loaded_ = true;
  earlier_.clear();
  lines_ = 0;
  return read();
}

// Null: nothing can be noted.
Memory* MemoryOfOpened::writable() const {
  Memory* const memory = state_.memory();
  return memory != nullptr && memory->can_be_written() ? memory : nullptr;
}

void MemoryOfOpened::load() {
  if (!std::exchange(is_loaded_, true)) earlier_ = read();
}

void MemoryOfOpened::note(const RelPath& path, const OpenedUp& opened_up) {
  const std::lock_guard lock(mutex_);
  Memory* const memory = writable();
  if (memory == nullptr) return;
  load();
  append(*memory, line_of(path, opened_up));
}

void MemoryOfOpened::forget(const RelPath& path) {
  const std::lock_guard lock(mutex_);
  Memory* const memory = writable();
  if (memory == nullptr) return;
  load();
  earlier_.erase(path);
  if (parts_ > 0) append(*memory, forgotten_line_of(path));
}

void MemoryOfOpened::append(Memory& memory, const std::string& line) {
  if (lines_ == 0 || lines_ == kLines) {
    ++parts_;
    last_part_.clear();
    lines_ = 0;
  }
  last_part_ += line;
  ++lines_;
  memory.set_fact(part_key(parts_ - 1), last_part_);
  // Where this fails, it is as without a memory: after a kill the next plan finds the mode.
  (void)memory.save();
}

void MemoryOfOpened::keep_only(const AllOpenedUp& open) {
  const std::lock_guard lock(mutex_);
  Memory* const memory = writable();
  if (memory == nullptr) return;
  load();
  if (parts_ == 0 && open.empty()) return;
  std::size_t part = 0;
  std::string text;
  lines_ = 0;
  AllOpenedUp all = open;
  all.insert(earlier_.begin(), earlier_.end());
  for (const auto& [path, opened_up] : all) {
    text += line_of(path, opened_up);
    if (++lines_ < kLines) continue;
    memory->set_fact(part_key(part++), std::exchange(text, {}));
    lines_ = 0;
  }
  if (!text.empty()) memory->set_fact(part_key(part++), text);
  for (std::size_t old = part; old < parts_; ++old) memory->set_fact(part_key(old), "");
  parts_ = part;
  lines_ = 0;
  (void)memory->save();
}

void note_opened(KeptState& state, Root& replica) {
  if (!replica.notes) replica.notes = std::make_shared<MemoryOfOpened>(state, replica.identity);
}

}  // namespace foldersync
