#include <span>
#include <vector>

#include "cli/commands.h"
#include "cli/console/console.h"
#include "cli/console/scan_text.h"
#include "cli/kept/kept_state.h"
#include "cli/process/signals.h"
#include "cli/values/folders.h"
#include "cli/values/scope.h"
#include "cli/walls/confinement.h"
#include "cli/walls/output.h"
#include "filter/filter.h"
#include "fs/clock.h"
#include "fs/posix_file_system.h"
#include "scan/content.h"
#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

// A line that comes after one whose hash is not there yet.
struct Waiting {
  ScannedEntry scanned;
  Hashing hash;
};
constexpr std::size_t kMostWaiting = 4096;

class Scanner {
 public:
  Scanner(const ScanOptions& options, HashCache* cache, const Root& root, Output& output)
      : options_(options),
        root_(root),
        output_(output),
        reader_(output.is_terminal() ? Reader::kTerminal : Reader::kProgram),
        hashes_(cached_tree(cache, root, options.remembered)) {}

  Status run(const Scope& scope, const std::atomic<bool>& stop) {
    judge_.heed_stop(&stop);
    const InventoryVisitor visitor{
        .admits = scope.in(root_),
        .visit = [this](const InventoryEntry& entry) { return visit(entry); },
        .listed = [this](const RelPath& path,
                         const DirectoryNames& names) { forget_missing(path, names); },
        .problem = [this](const RelPath& path, const Error& error) { note(path, error); },
        .stop = &stop};
    Status taken = take_inventory(tree_of(root_), root_.status, visitor);
    return taken ? write_waiting() : taken;
  }

  [[nodiscard]] bool has_problems() const { return has_problems_; }

 private:
  [[nodiscard]] bool wants_md5() const { return options_.md5 || options_.md5sum; }

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
    if (!wants_md5()) return;
    begin(path.bytes());
    hashes_.load();
    hashes_.forget_missing(&names);
  }

  Status visit(const InventoryEntry& entry) {
    if (options_.md5sum && !entry.status.is_file()) return success();
    Waiting waiting{{entry, std::nullopt, std::nullopt}, {}};
    ScannedEntry& scanned = waiting.scanned;
    const std::string name(entry.path.name());
    if (entry.status.type == FileType::kSymlink) {
      auto target = entry.directory->target(name.c_str());
      if (!target) note(entry.path, target.error());
      if (target) scanned.target = std::move(*target);
    }
    if (entry.status.is_file() && wants_md5()) {
      if (directory_ != entry.path.parent_bytes()) begin(std::string(entry.path.parent_bytes()));
      if (!batch_.has_room(entry.status.size)) TRY(write_waiting());
      const auto hash = judge_.hash({entry.directory, name, entry.status}, hashes_, batch_);
      if (!hash && hash.error().code == ErrorCode::kStopped) return hash.error();
      if (!hash) note(entry.path, hash.error());
      if (hash) waiting.hash = *hash;
      if (hash) scanned.md5 = hash->md5;
      if (!hash && options_.md5sum) return success();
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
        hashes_.remember_in(entry.path.parent_bytes(), {nullptr, entry.path.name(), entry.status},
                            {*scanned.md5, line.hash.read_at, line.hash.remembered});
      }
      TRY(write(scanned));
    }
    waiting_.clear();
    return success();
  }

  Status write(const ScannedEntry& scanned) {
    return output_.write(options_.md5sum ? scan_md5sum(scanned, reader_)
                         : options_.json ? scan_json(scanned)
                                         : scan_text(scanned));
  }

  const ScanOptions& options_;
  const Root& root_;
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

Result<ExitCode> execute(const ScanOptions& options) {
  const Signals signals(HangUp::kStops);
  FileSystem& fs = posix_file_system();
  KeptState state(fs, state_folder_of(options.common.state_folder));
  auto filter = TRY(Filter::of(options.filter, wall_clock_now(), options.origins));
  auto root = TRY(open_root(fs, absolute_name(options.folder), "folder"));
  const Roots roots{.source = std::move(root), .replica = std::nullopt, .replica_path = {}};
  const std::string file = absolute_if_named(options.output_file);
  TRY(place_own_files(fs, roots, {file, state.folder()}));
  state.open();
  state.tell_warnings();
  const auto output = TRY(Output::open(file));
  const std::string unconfined =
      write_nowhere_else(fs, {.state_folder = state.folder(), .outputs = {file}});
  if (!unconfined.empty()) tell(unconfined);
  auto own = TRY(place_own_files(fs, roots, {file, output->temporary(), state.folder()}));
  const Scope scope{.filter = std::move(filter),
                    .one_file_system = options.filter.one_file_system,
                    .own = std::move(own)};
  Scanner scanner(options, state.cache(), roots.source, *output);
  TRY(scanner.run(scope, signals.stop()));
  TRY(output->finish());
  state.save_hashes();
  state.tell_warnings();
  return scanner.has_problems() ? ExitCode::kPartial : ExitCode::kDone;
}

}  // namespace foldersync
