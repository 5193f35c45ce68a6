#include "state/last_run.h"

#include <charconv>
#include <system_error>

#include "core/text.h"

namespace foldersync {
namespace {

// One field a line, each as base64; the first line is the version of this form.
constexpr std::string_view kVersion = "2";

std::string key_of(std::string_view source_path, std::string_view replica_path) {
  return "last-run " + to_base64(source_path) + " " + to_base64(replica_path);
}

void put(std::string& text, std::string_view field) { text += to_base64(field) + "\n"; }

void put(std::string& text, const FolderMemory& folder) {
  put(text, folder.identity);
  put(text, folder.file_system);
  put(text, folder.has_entries ? "full" : "empty");
}

// Takes fields from the front of a text; remembers whether one was missing.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  std::string next() {
    const std::size_t end = text_.find('\n');
    const auto field =
        end == std::string_view::npos ? std::nullopt : from_base64(text_.substr(0, end));
    if (!field) {
      ok_ = false;
      return {};
    }
    text_.remove_prefix(end + 1);
    return *field;
  }

  FolderMemory folder() {
    FolderMemory folder{next(), next(), false};
    folder.has_entries = next() == "full";
    return folder;
  }

  [[nodiscard]] bool at_end() const { return text_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

Error unreadable(const char* why) { return Error{ErrorCode::kState, "recall", "last run", 0, why}; }

std::string entries_of(const LastRun& run) {
  return human_count(run.entries) + (run.entries == 1 ? " entry" : " entries");
}

}  // namespace

Result<std::optional<LastRun>> recall(Memory& memory, std::string_view source_path,
                                      std::string_view replica_path) {
  const auto text = TRY(memory.fact(key_of(source_path, replica_path)));
  if (!text) return std::optional<LastRun>();
  Fields fields(*text);
  if (fields.next() != kVersion) return unreadable("it is of another version");
  LastRun run;
  run.source = fields.folder();
  run.replica = fields.folder();
  const std::string entries = fields.next();
  const char* const end = entries.data() + entries.size();
  const auto [read, failed] = std::from_chars(entries.data(), end, run.entries);
  if (failed != std::errc() || read != end) return unreadable("its count is no number");
  while (fields.ok() && !fields.at_end()) run.mounts.push_back({fields.next(), fields.next()});
  if (!fields.ok()) return unreadable("a field is missing");
  return std::optional(std::move(run));
}

void remember(Memory& memory, std::string_view source_path, std::string_view replica_path,
              const LastRun& run) {
  std::string text;
  put(text, kVersion);
  put(text, run.source);
  put(text, run.replica);
  put(text, std::to_string(run.entries));
  for (const KnownMount& mount : run.mounts) {
    put(text, mount.path);
    put(text, mount.file_system);
  }
  const std::string key = key_of(source_path, replica_path);
  const auto known = memory.fact(key);
  if (!known || *known != text) memory.set_fact(key, text);
}

std::string suspicion_about_source(const LastRun& last, const FolderMemory& now) {
  if (now.has_entries || !last.source.has_entries || now.identity == last.source.identity)
    return {};
  return "the source is empty, and it is another folder than the last run saw, which had " +
         entries_of(last) +
         ": its disk may not be mounted (if it is right, give --new-source once)";
}

std::string suspicion_about_replica(const LastRun& last, const std::optional<FolderMemory>& now) {
  if (!last.replica.has_entries) return {};
  if (!now) {
    return "the replica is missing, and the last run made it a copy of " + entries_of(last) +
           ": its disk may not be mounted (if it is to be made anew, give --new-replica once)";
  }
  if (now->has_entries || now->file_system == last.replica.file_system) return {};
  return "the replica is empty and lies on another file system than the last run saw, which made "
         "it "
         "a copy of " +
         entries_of(last) +
         ": its disk may not be mounted (if it is right, give --new-replica once)";
}

}  // namespace foldersync
