#include "cli/scan_command.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <span>
#include <vector>

#include "cli/output.h"
#include "cli/signals.h"
#include "core/text.h"
#include "plan/facts.h"
#include "plan/json.h"
#include "scan/content.h"
#include "scan/inventory.h"

namespace foldersync {
namespace {

struct Described {
  InventoryEntry entry;
  std::string target;  // of a symlink
  std::optional<Md5> md5;
};

// A line that comes after one whose hash is not there yet.
struct Waiting {
  Described described;
  Hashing hash;
};
constexpr std::size_t kMostWaiting = 4096;

void tell(const std::string& line) { std::fprintf(stderr, "sync: %s\n", line.c_str()); }

// GNU md5sum's form: a name with a newline, a carriage return or a backslash is escaped, and a
// backslash in front of the line says so.
std::string md5sum_line(const Described& described) {
  std::string name;
  bool special = false;
  for (const char byte : described.entry.path.bytes()) {
    const char* code = byte == '\n'   ? "\\n"
                       : byte == '\r' ? "\\r"
                       : byte == '\\' ? "\\\\"
                                      : nullptr;
    special = special || code != nullptr;
    if (code != nullptr) {
      name += code;
    } else {
      name += byte;
    }
  }
  return (special ? "\\" : "") + to_string(*described.md5) + "  " + name + "\n";
}

std::string text_line(const Described& described) {
  const FileStatus& status = described.entry.status;
  std::string line = to_string(status.type);
  line.resize(7, ' ');
  line += " " + mode_text(status.mode) + " " + std::to_string(status.uid) + ":" +
          std::to_string(status.gid) + " " + std::to_string(status.is_file() ? status.size : 0) +
          " " + to_string(status.mtime);
  if (described.md5) line += " " + to_string(*described.md5);
  line += " " + escaped(described.entry.path.shown());
  if (status.type == FileType::kSymlink) line += " -> " + escaped(described.target);
  return line + "\n";
}

std::string bytes_member(const char* key, const std::string& bytes) {
  std::string member = std::string("\"") + key + "\":" + json_string(bytes);
  if (!is_utf8(bytes))
    member += std::string(",\"") + key + "_b64\":" + json_string(to_base64(bytes));
  return member;
}

std::string json_line(const Described& described) {
  const FileStatus& status = described.entry.status;
  std::string line = "{" + bytes_member("path", described.entry.path.shown()) + ",\"type\":\"" +
                     to_string(status.type) + "\",\"mode\":\"" + mode_text(status.mode) +
                     "\",\"uid\":" + std::to_string(status.uid) +
                     ",\"gid\":" + std::to_string(status.gid) + ",\"mtime\":\"" +
                     to_string(status.mtime) + "\",\"links\":" + std::to_string(status.links);
  if (status.is_file()) line += ",\"size\":" + std::to_string(status.size);
  if (status.type == FileType::kSymlink) line += "," + bytes_member("target", described.target);
  if (described.md5) line += ",\"md5\":\"" + to_string(*described.md5) + "\"";
  return line + "}\n";
}

class Scanner {
 public:
  Scanner(Session& session, const Root& root, Filter filter, Output& output)
      : session_(session),
        settings_(session.settings()),
        root_(root),
        filter_(std::move(filter)),
        output_(output),
        judge_(session.fs()),
        hashes_(cached_tree(session.cache(), session.fs(), root)) {}

  Status run(const Signals& signals) {
    const InventoryVisitor visitor{
        [this](std::string_view directory, std::string_view name, const FileStatus& status) {
          return admits(directory, name, status);
        },
        [this](const InventoryEntry& entry) { return visit(entry); },
        [this](const RelPath& path, const DirectoryNames& names) { forget_missing(path, names); },
        [this](const RelPath& path, const Error& error) { note(path, error); }, &signals.stop()};
    Status taken = take_inventory(session_.fs(), root_, visitor);
    return taken ? write_waiting() : taken;
  }

  [[nodiscard]] bool has_problems() const { return has_problems_; }

 private:
  bool admits(std::string_view directory, std::string_view name, const FileStatus& status) const {
    if (is_staging_name(name) || is_own(directory, name)) return false;
    if (settings_.plan.one_file_system && status.mount != root_.status.mount) return false;
    return filter_.empty() || !filter_.excludes(directory, name, status.is_directory());
  }

  // Whether it is the state or what is being written.
  bool is_own(std::string_view directory, std::string_view name) const {
    const std::vector<std::string>& own = session_.left_out();
    if (own.empty()) return false;
    const std::string path =
        directory.empty() ? std::string(name) : std::string(directory) + "/" + std::string(name);
    return std::find(own.begin(), own.end(), path) != own.end();
  }

  void note(const RelPath& path, const Error& error) {
    has_problems_ = true;
    tell(describe(Error(error).at(path.shown())));
  }

  void begin(const std::string& directory) {
    directory_ = directory;
    hashes_.begin(directory);
  }

  // The cache does not keep what is gone.
  void forget_missing(const RelPath& path, const DirectoryNames& names) {
    if (!settings_.md5 && !settings_.md5sum) return;
    begin(path.bytes());
    hashes_.load();
    hashes_.forget_missing(&names);
  }

  Status visit(const InventoryEntry& entry) {
    if (settings_.md5sum && !entry.status.is_file()) return success();
    Waiting waiting{{entry, {}, std::nullopt}, {}};
    Described& described = waiting.described;
    const std::string name(entry.path.name());
    if (entry.status.type == FileType::kSymlink) {
      auto target = session_.fs().link_target(entry.directory, name.c_str());
      if (!target) note(entry.path, target.error());
      if (target) described.target = std::move(*target);
    }
    if (entry.status.is_file() && (settings_.md5 || settings_.md5sum)) {
      if (directory_ != entry.path.parent_bytes()) begin(std::string(entry.path.parent_bytes()));
      if (!batch_.has_room(entry.status.size)) {
        TRY(write_waiting());
      }
      const auto hash = judge_.hash({entry.directory, name, entry.status}, hashes_, batch_);
      if (!hash) note(entry.path, hash.error());
      if (hash) waiting.hash = *hash;
      if (hash) described.md5 = hash->md5;
      if (!hash && settings_.md5sum) return success();
    }
    if (batch_.is_empty()) return write(described);
    waiting_.push_back(std::move(waiting));
    return waiting_.size() < kMostWaiting ? success() : write_waiting();
  }

  // What waits for the hashes in the batch, in order.
  Status write_waiting() {
    const std::span<const Md5> digests = batch_.finish();
    for (Waiting& line : waiting_) {
      Described& described = line.described;
      const InventoryEntry& entry = described.entry;
      if (line.hash.in_batch) {
        described.md5 = digests[*line.hash.in_batch];
        hashes_.remember_in(entry.path.parent_bytes(), {-1, entry.path.name(), entry.status},
                            *described.md5, line.hash.read_at);
      }
      TRY(write(described));
    }
    waiting_.clear();
    return success();
  }

  Status write(const Described& described) {
    return output_.write(settings_.md5sum ? md5sum_line(described)
                         : settings_.json ? json_line(described)
                                          : text_line(described));
  }

  Session& session_;
  const Settings& settings_;
  const Root& root_;
  Filter filter_;
  Output& output_;
  ContentJudge judge_;
  Md5Batch batch_;
  std::vector<Waiting> waiting_;
  DirectoryHashes hashes_;
  std::string directory_;  // that hashes_ serves
  bool has_problems_ = false;
};

}  // namespace

ExitCode scan_command(Session& session) {
  const Settings& settings = session.settings();
  const Signals signals(false);
  const auto fail = [](const Error& error) {
    tell(describe(error));
    return exit_code_of(error);
  };
  auto filter = Filter::compile(settings.plan.rules);
  if (!filter) return fail(filter.error());
  auto root = open_root(session.fs(), absolute_name(settings.source), "folder");
  if (!root) return fail(root.error());
  const Roots roots{std::move(*root), std::nullopt, {}};
  const std::string file =
      settings.output_file ? absolute_name(*settings.output_file) : std::string();
  Status placed = session.place_own_files(roots, {file, session.state_folder()});
  if (!placed) return fail(placed.error());
  session.open_state();
  for (const std::string& warning : session.take_warnings()) tell(warning);
  auto output = Output::open(file);
  if (!output) return fail(output.error());
  placed = session.place_own_files(roots, {file, (*output)->name(), session.state_folder()});
  if (!placed) return fail(placed.error());
  Scanner scanner(session, roots.source, std::move(*filter), **output);
  Status scanned = scanner.run(signals);
  if (!scanned && scanned.error().code == ErrorCode::kStopped) {
    return signals.stop_signal() == SIGINT ? ExitCode::kInterrupted : ExitCode::kTerminated;
  }
  if (scanned) scanned = (*output)->finish();
  if (!scanned) return fail(scanned.error());
  session.save_hashes();
  for (const std::string& warning : session.take_warnings()) tell(warning);
  return scanner.has_problems() ? ExitCode::kPartial : ExitCode::kDone;
}

}  // namespace foldersync
