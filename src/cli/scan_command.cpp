#include "cli/scan_command.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <span>
#include <vector>

#include "cli/output.h"
#include "cli/scan_text.h"
#include "cli/signals.h"
#include "core/text.h"
#include "fs/clock.h"
#include "scan/content.h"
#include "scan/inventory.h"

namespace foldersync {
namespace {

// A line that comes after one whose hash is not there yet.
struct Waiting {
  ScannedEntry scanned;
  Hashing hash;
};
constexpr std::size_t kMostWaiting = 4096;

void tell(const std::string& line) { std::fprintf(stderr, "sync: %s\n", line.c_str()); }

class Scanner {
 public:
  Scanner(Session& session, const Root& root, Filter filter, Output& output)
      : session_(session),
        settings_(session.settings()),
        root_(root),
        filter_(std::move(filter)),
        output_(output),
        reader_(output.is_terminal() ? Reader::kTerminal : Reader::kProgram),
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
    return filter_.empty() || !(filter_.excludes(directory, name, status.is_directory()) ||
                                filter_.excludes_file(status));
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
    Waiting waiting{{entry, std::nullopt, std::nullopt}, {}};
    ScannedEntry& scanned = waiting.scanned;
    const std::string name(entry.path.name());
    if (entry.status.type == FileType::kSymlink) {
      auto target = session_.fs().link_target(entry.directory, name.c_str());
      if (!target) note(entry.path, target.error());
      if (target) scanned.target = std::move(*target);
    }
    if (entry.status.is_file() && (settings_.md5 || settings_.md5sum)) {
      if (directory_ != entry.path.parent_bytes()) begin(std::string(entry.path.parent_bytes()));
      if (!batch_.has_room(entry.status.size)) {
        TRY(write_waiting());
      }
      const auto hash = judge_.hash({entry.directory, name, entry.status}, hashes_, batch_);
      if (!hash) note(entry.path, hash.error());
      if (hash) waiting.hash = *hash;
      if (hash) scanned.md5 = hash->md5;
      if (!hash && settings_.md5sum) return success();
    }
    if (batch_.is_empty()) return write(scanned);
    waiting_.push_back(std::move(waiting));
    return waiting_.size() < kMostWaiting ? success() : write_waiting();
  }

  // What waits for the hashes in the batch, in order.
  Status write_waiting() {
    const std::span<const Md5> digests = batch_.finish();
    for (Waiting& line : waiting_) {
      ScannedEntry& scanned = line.scanned;
      const InventoryEntry& entry = scanned.entry;
      if (line.hash.in_batch) {
        scanned.md5 = digests[*line.hash.in_batch];
        hashes_.remember_in(entry.path.parent_bytes(), {-1, entry.path.name(), entry.status},
                            *scanned.md5, line.hash.read_at);
      }
      TRY(write(scanned));
    }
    waiting_.clear();
    return success();
  }

  Status write(const ScannedEntry& scanned) {
    return output_.write(settings_.md5sum ? scan_md5sum(scanned, reader_)
                         : settings_.json ? scan_json(scanned)
                                          : scan_text(scanned));
  }

  Session& session_;
  const Settings& settings_;
  const Root& root_;
  Filter filter_;
  Output& output_;
  Reader reader_;
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
  auto filter = Filter::of(settings.plan, wall_clock_now(), settings.rule_origins);
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
