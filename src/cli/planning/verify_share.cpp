#include "cli/planning/verify_share.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "cli/console/console.h"
#include "cli/console/terminal.h"
#include "cli/planning/bandwidth.h"
#include "cli/values/folders.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/directory_cursor.h"
#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

Result<std::uint64_t> count_files(const Root& source, const std::atomic<bool>& stop) {
  std::uint64_t files = 0;
  TRY(take_inventory(tree_of(source), source.status,
                     {.visit =
                          [&files](const InventoryEntry& entry) {
                            if (!entry.status.is_directory()) ++files;
                            return success();
                          },
                      .stop = &stop}));
  return files;
}

// Whether what is held is still there, and still the same.
bool is_as_it_was(TreeReader& tree, const HeldFile& held) {
  const auto directory = tree.enter(held.path.parent_bytes());
  const auto status = directory ? (*directory)->status(std::string(held.path.name()).c_str())
                                : Result<FileStatus>(directory.error());
  if (status) return status->size == held.stamp.size && status->mtime == held.stamp.mtime;
  const int number = status.error().error_number;
  return number != ENOENT && number != ENOTDIR;
}

}  // namespace

Result<std::uint64_t> VerifyShare::files_to_read(const Roots& roots, std::uint64_t known) const {
  const auto& percent = options_.verify_share.percent;
  if (!percent || *percent >= 100) return std::uint64_t{0};
  const std::uint64_t files =
      known > 0 ? known : TRY(count_files(roots.source, tools_.signals.stop()));
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(files) * *percent / 100)));
}

Status VerifyShare::read(const Roots& roots, const std::vector<std::string>& left_out,
                         std::uint64_t files) {
  verified_.reset();
  doubted_.clear();
  held_.clear();
  // With --checksum the plan itself reads all.
  const bool is_wanted = options_.verify_share.is_wanted() && !options_.planning.plan.reads_all();
  Memory* const memory = tools_.state.memory();
  if (memory != nullptr) {
    doubted_ = doubted_files(*memory, trees_of(roots));
    if (auto held = held_files(*memory, roots.source.identity)) held_ = std::move(*held);
  }
  if (is_wanted && (memory == nullptr || !memory->can_be_written())) {
    tools_.state.warn_once(
        "what is verified can't be remembered: each share begins at the start of the tree, and "
        "what went bad in the source is held by no later run");
  }
  if (is_wanted) TRY(read_stretch(roots, left_out, files));
  maker_.doubt(doubted_);
  return success();
}

Status VerifyShare::read_stretch(const Roots& roots, const std::vector<std::string>& left_out,
                                 std::uint64_t files) {
  const ShareOptions& share = options_.verify_share;
  Memory* const memory = tools_.state.memory();
  const auto place = memory == nullptr
                         ? std::nullopt
                         : verified_up_to(*memory, trees_of(roots), VerifiedBy::kRuns);
  from_ = place.value_or(TreePosition());
  Stretch stretch{.from = from_,
                  .most_files = TRY(files_to_read(roots, files)),
                  .most_findings = kMostHeldFiles};
  if (share.seconds) stretch.until = monotonic_seconds() + *share.seconds;
  const auto pace = pace_of(options_.applying.bandwidth);
  ProgressCounts& counts = tools_.progress;
  counts.begin();
  const Progress progress(counts, tools_.signals, wants_progress(tools_.options.console));
  auto verified = TRY(maker_.verify(
      roots, left_out, {.stretch = stretch, .pace = pace.get(), .counts = &counts.compared.read},
      tools_.signals.stop()));
  verified_ = std::move(verified);
  return doubt(roots);
}

Status VerifyShare::doubt(const Roots& roots) {
  bool has_found = false;
  for (const VerifyFinding& finding : verified_->findings) {
    if (finding.is_hidden) doubted_.insert(finding.path.bytes());
    has_found |= finding.is_hidden;
  }
  // A file system that has gone is one error, and nothing of it went bad.
  if (has_found) TRY(still_there(roots.source, roots.replica ? &*roots.replica : nullptr));
  if (verified_->is_stopped) {
    Memory* const memory = tools_.state.memory();
    if (!options_.applying.dry_run && memory != nullptr) {
      set_verified_up_to(*memory, trees_of(roots), VerifiedBy::kRuns, verified_->next);
      set_doubted_files(*memory, trees_of(roots), doubted_);
      if (Status kept = memory->save(); !kept) tools_.log.warn(describe(kept.error()));
      tools_.state.save_hashes();
    }
    return stopped_error("verify", "told to stop");
  }
  for (const HeldFile& file : held_) {
    if (is_in_share(file.path)) doubted_.insert(file.path.bytes());  // and may be sound
  }
  return success();
}

bool VerifyShare::is_in_share(const RelPath& path) const {
  const TreePosition place{path.parent(), std::string(path.name())};
  return place > from_ && (!verified_->next || place <= *verified_->next);
}

void VerifyShare::hold(const Roots& roots, const Planned& planned) {
  Memory* const memory = tools_.state.memory();
  const bool is_known = held_.empty() && planned.held.empty();
  if (memory == nullptr || options_.applying.dry_run || is_known) return;
  std::vector<HeldFile> held;
  std::set<RelPath> told;
  std::set<std::uint64_t> inodes;
  for (const HeldFile& file : planned.held) {
    // One of several names is enough.
    const bool is_new = file.stamp.inode == 0 || inodes.insert(file.stamp.inode).second;
    if (is_new && told.insert(file.path).second) held.push_back(file);
  }
  const LocalTree source = tree_of(roots.source);
  const auto tree = source.reader(descriptors_per_cursor(1));
  const std::set<RelPath> sound(planned.sound_again.begin(), planned.sound_again.end());
  const std::set<RelPath> accepted(planned.accepted.begin(), planned.accepted.end());
  for (const HeldFile& file : held_) {
    const bool is_told = told.contains(file.path) || inodes.contains(file.stamp.inode);
    const bool is_free = sound.contains(file.path) || accepted.contains(file.path);
    if (!is_told && !is_free && is_as_it_was(*tree, file)) held.push_back(file);
  }
  if (held.size() > kMostHeldFiles) {
    tools_.log.warn(human_count(held.size()) + " files of the source went bad, and only " +
                    human_count(kMostHeldFiles) +
                    " of them are held by later runs: restore it from a backup");
  }
  set_held_files(*memory, roots.source.identity, std::move(held));
  if (Status kept = memory->save(); !kept) tools_.log.warn(unknown_memory(describe(kept.error())));
}

void VerifyShare::remember(const Roots& roots, const Planned& planned, bool did_all) {
  Memory* const memory = tools_.state.memory();
  if (memory == nullptr) return;
  if (verified_) {
    set_verified_up_to(*memory, trees_of(roots), VerifiedBy::kRuns, verified_->next);
  }
  // What is held needs no doubt any more.
  for (const HeldFile& file : planned.held) doubted_.erase(file.path.bytes());
  if (did_all) doubted_.clear();
  set_doubted_files(*memory, trees_of(roots), doubted_);
}

std::string VerifyShare::summary() const {
  if (!verified_) return {};
  const std::string files =
      human_count(verified_->files) + (verified_->files == 1 ? " file" : " files");
  return ", verified " + files + " (" + human_bytes(verified_->bytes) + ")" +
         (verified_->next ? "" : " to the end of the tree");
}

}  // namespace foldersync
