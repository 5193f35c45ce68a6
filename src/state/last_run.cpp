#include "state/last_run.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "state/fact_fields.h"

namespace foldersync {
namespace {

// The first field is the version of this form. Version 2 was kept
// by the two paths, and had one name a folder, no files and nothing unread; version 3 had no time,
// and version 4 its seconds.
constexpr std::string_view kVersion = "5";
constexpr std::string_view kSecondsVersion = "4";
constexpr std::string_view kTimelessVersion = "3";
constexpr std::string_view kPairVersion = "2";

constexpr std::string_view kDevice = "dev:";

std::string pair_key(std::string_view source_path, std::string_view replica_path) {
  return "last-run " + to_base64(source_path) + " " + to_base64(replica_path);
}
// What is kept of a run, by the path of its replica; and that path, by a name of the replica.
std::string run_key(std::string_view replica_path) { return "replica " + to_base64(replica_path); }
std::string name_key(const std::string& file_system, const std::string& inode) {
  return "replica-is " + file_system + ":" + inode;
}

std::string capabilities_key(const std::string& identity) {
  return "capabilities " + to_base64(identity);
}

// How many of the names no other file system has.
std::ptrdiff_t own_names(const FolderMemory& folder) {
  const auto end = std::find_if(folder.file_systems.begin(), folder.file_systems.end(),
                                [](const std::string& name) { return name.starts_with(kDevice); });
  return end - folder.file_systems.begin();
}

void put(std::string& text, const FolderMemory& folder) {
  put_field(text, folder.file_systems);
  put_field(text, folder.inode);
  put_field(text, folder.has_entries ? "full" : "empty");
}

std::string text_of(const LastRun& run) {
  std::string text;
  put_field(text, kVersion);
  put_field(text, run.source_path);
  put_field(text, run.replica_path);
  put(text, run.source);
  put(text, run.replica);
  put_field(text, std::to_string(run.entries));
  put_field(text, std::to_string(run.files));
  put_field(text, run.last_look ? std::to_string(run.last_look->seconds) : "-");
  put_field(text, std::to_string(run.last_look ? run.last_look->nanoseconds : 0));
  put_field(text, run.never_read ? "known" : "unknown");
  put_field(text, run.never_read.value_or(std::vector<std::string>()));
  put_field(text, run.unread);
  for (const KnownMount& mount : run.mounts) {
    put_field(text, mount.path);
    put_field(text, mount.file_system);
  }
  return text;
}

// Takes fields from the front of a text; remembers whether one was missing.
class RunFields : public FactFields {
 public:
  using FactFields::FactFields;

  // Its seconds.
  std::optional<FileTime> time() {
    const std::string text = next();
    const auto value = number_in<std::int64_t>(text);
    require(value || text == "-");
    return value ? std::optional(FileTime{*value, 0}) : std::nullopt;
  }

  FolderMemory folder() {
    FolderMemory folder;
    folder.file_systems = list();
    folder.inode = next();
    folder.has_entries = next() == "full";
    return folder;
  }

  // As version 2 has it: the only name and the inode, the name alone.
  FolderMemory folder_of_pair() {
    FolderMemory folder;
    const std::string identity = next();
    folder.file_systems = {next()};
    const std::string& name = folder.file_systems.front();
    require(identity.starts_with(name + ":"));
    if (ok()) folder.inode = identity.substr(name.size() + 1);
    folder.has_entries = next() == "full";
    return folder;
  }

  void mounts(std::vector<KnownMount>& mounts) {
    while (has_more()) mounts.push_back({next(), next()});
  }
};

Error unreadable(const char* why) { return state_error("recall", why).at("last run"); }

Result<LastRun> run_in(const std::string& text) {
  RunFields fields(text);
  const std::string version = fields.next();
  const bool has_seconds = version == kVersion || version == kSecondsVersion;
  if (!has_seconds && version != kTimelessVersion) return unreadable("it is of another version");
  LastRun run;
  run.source_path = fields.next();
  run.replica_path = fields.next();
  run.source = fields.folder();
  run.replica = fields.folder();
  run.entries = fields.number();
  run.files = fields.number();
  if (has_seconds) run.last_look = fields.time();
  const std::uint64_t nanoseconds = version == kVersion ? fields.number() : 0;
  if (run.last_look) run.last_look->nanoseconds = static_cast<std::uint32_t>(nanoseconds);
  const bool is_known = fields.next() == "known";
  auto never_read = fields.list();
  if (is_known) run.never_read = std::move(never_read);
  run.unread = fields.list();
  fields.mounts(run.mounts);
  if (!fields.ok()) return unreadable("a field is missing or no number");
  return run;
}

// What an earlier version of this program kept of the pair.
Result<std::optional<LastRun>> run_of_pair(Memory& memory, const Pair& pair) {
  const auto text = TRY(memory.fact(pair_key(pair.source_path, pair.replica_path)));
  if (!text) return std::optional<LastRun>();
  RunFields fields(*text);
  if (fields.next() != kPairVersion) return unreadable("it is of another version");
  LastRun run;
  run.source_path = pair.source_path;
  run.replica_path = pair.replica_path;
  run.source = fields.folder_of_pair();
  run.replica = fields.folder_of_pair();
  run.entries = run.files = fields.number();
  fields.mounts(run.mounts);
  if (!fields.ok()) return unreadable("a field is missing or no number");
  return std::optional(std::move(run));
}

Result<std::optional<LastRun>> run_at(Memory& memory, const std::string& replica_path) {
  const auto text = TRY(memory.fact(run_key(replica_path)));
  if (!text) return std::optional<LastRun>();
  auto run = TRY(run_in(*text));
  return std::optional(std::move(run));
}

}  // namespace

bool on_same_file_system(const FolderMemory& a, const FolderMemory& b) {
  const auto a_own = a.file_systems.begin() + own_names(a);
  const auto b_own = b.file_systems.begin() + own_names(b);
  const auto agree = [](auto begin, auto end, auto others, auto others_end) {
    return std::find_first_of(begin, end, others, others_end) != end;
  };
  if (agree(a.file_systems.begin(), a_own, b.file_systems.begin(), b_own)) return true;
  // What could be compared and differs is not made up for by a device number.
  const auto kind = [](const std::string& name) { return name.substr(0, name.find(':')); };
  const bool comparable = std::any_of(a.file_systems.begin(), a_own, [&](const std::string& name) {
    return std::any_of(b.file_systems.begin(), b_own,
                       [&](const std::string& other) { return kind(name) == kind(other); });
  });
  return !comparable && agree(a.file_systems.begin(), a.file_systems.end(), b.file_systems.begin(),
                              b.file_systems.end());
}

bool are_same(const FolderMemory& a, const FolderMemory& b) {
  return a.inode == b.inode && on_same_file_system(a, b);
}

Result<std::optional<Recalled>> recall(Memory& memory, const Pair& pair) {
  if (pair.replica) {
    for (const std::string& name : pair.replica->file_systems) {
      const auto path = TRY(memory.fact(name_key(name, pair.replica->inode)));
      if (!path) continue;
      auto run = TRY(run_at(memory, *path));
      if (run && are_same(run->replica, *pair.replica)) {
        return std::optional(Recalled{std::move(*run), true});
      }
    }
  }
  auto run = TRY(run_at(memory, pair.replica_path));
  if (!run) run = TRY(run_of_pair(memory, pair));
  if (!run) return std::optional<Recalled>();
  const bool is_this = pair.replica && are_same(run->replica, *pair.replica);
  return std::optional(Recalled{std::move(*run), is_this});
}

void remember(Memory& memory, const LastRun& run) {
  memory.set_fact(run_key(run.replica_path), text_of(run));
  for (const std::string& name : run.replica.file_systems) {
    memory.set_fact(name_key(name, run.replica.inode), run.replica_path);
  }
}

bool are_capabilities_known(Memory& memory, const std::string& identity, const std::string& part) {
  const auto known = memory.fact(capabilities_key(identity));
  return known && *known && **known == part;
}

void know_capabilities(Memory& memory, const std::string& identity, const std::string& part) {
  if (are_capabilities_known(memory, identity, part)) return;
  memory.set_fact(capabilities_key(identity), part);
}

std::string entries_of(const LastRun& run) {
  return human_count(run.entries) + (run.entries == 1 ? " entry" : " entries");
}

std::string suspicion_about_replica(const LastRun& last, const std::optional<FolderMemory>& now) {
  if (!last.replica.has_entries) return {};
  if (!now) {
    return "the replica is missing, and the last run made it a copy of " + entries_of(last) +
           ": its disk may not be mounted (if it is to be made anew, give --new-replica once)";
  }
  if (now->has_entries || on_same_file_system(*now, last.replica)) return {};
  return "the replica is empty and lies on another file system than the last run saw, which made "
         "it a copy of " +
         entries_of(last) +
         ": its disk may not be mounted (if it is right, give --new-replica once)";
}

}  // namespace foldersync
