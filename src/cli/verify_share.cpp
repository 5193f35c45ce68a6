#include "cli/verify_share.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "cli/console.h"
#include "cli/folders.h"
#include "cli/terminal.h"
#include "core/text.h"
#include "fs/clock.h"
#include "fs/directory_cursor.h"
#include "scan/inventory.h"
#include "scan/local_tree.h"

namespace foldersync {
namespace {

// Much more than this is no single file that went bad, and is found by the shares to come.
constexpr std::uint64_t kMostDoubted = 10'000;

Result<std::uint64_t> count_files(const Root& source, const std::atomic<bool>& stop) {
  std::uint64_t files = 0;
  TRY(take_inventory(tree_of(source), source.status,
                     {.admits = [](auto, auto, const FileStatus&) { return true; },
                      .visit =
                          [&files](const InventoryEntry& entry) {
                            if (!entry.status.is_directory()) ++files;
                            return success();
                          },
                      .listed = [](const RelPath&, const DirectoryNames&) {},
                      .problem = [](const RelPath&, const Error&) {},
                      .stop = &stop}));
  return files;
}

// Whether what is held is still there, and still the same.
bool is_as_it_was(TreeReader& tree, const HeldFile& held) {
  const auto directory = tree.enter(held.path.parent_bytes());
  const auto status = directory ? (*directory)->status(std::string(held.path.name()).c_str())
                                : Result<FileStatus>(directory.error());
  if (status) return stamp_of(*status) == held.stamp;
  const int number = status.error().error_number;
  return number != ENOENT && number != ENOTDIR;
}

}  // namespace

VerifiedTrees VerifyShare::trees(const Roots& roots) const {
  return {roots.source.identity, roots.replica ? roots.replica->identity : std::string()};
}

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
  maker_.doubt({});
  const ShareOptions& share = options_.verify_share;
  if (!share.is_wanted()) return success();
  Memory* const memory = tools_.state.memory();
  from_ = memory == nullptr
              ? TreePosition()
              : verified_up_to(*memory, trees(roots), VerifiedBy::kRuns).value_or(TreePosition());
  Stretch stretch{
      .from = from_, .most_files = TRY(files_to_read(roots, files)), .most_findings = kMostDoubted};
  if (share.seconds) stretch.until = monotonic_seconds() + *share.seconds;
  ProgressCounts counts;
  const Progress progress(counts, tools_.signals, wants_progress(tools_.options.console));
  auto verified = TRY(maker_.verify(roots, left_out, stretch, counts.read, tools_.signals.stop()));
  verified_ = std::move(verified);
  return doubt(roots);
}

Status VerifyShare::doubt(const Roots& roots) {
  std::set<std::string, std::less<>> paths;
  for (const VerifyFinding& finding : verified_->findings) {
    if (finding.is_hidden) paths.insert(finding.path.bytes());
  }
  if (!paths.empty()) TRY(still_there(roots.source, roots.replica ? &*roots.replica : nullptr));
  if (verified_->is_stopped) {
    // What was found waits for another reading, and all else need not be read again.
    if (paths.empty() && !options_.applying.dry_run && tools_.state.memory() != nullptr) {
      set_verified_up_to(*tools_.state.memory(), trees(roots), VerifiedBy::kRuns, verified_->next);
      (void)tools_.state.memory()->save();
    }
    return stopped_error("verify", "told to stop");
  }
  for (HeldFile& file : held_before(roots)) {
    if (is_in_share(file.path)) paths.insert(std::move(file.path).bytes());  // and may be sound
  }
  maker_.doubt(std::move(paths));
  return success();
}

std::vector<HeldFile> VerifyShare::held_before(const Roots& roots) const {
  Memory* const memory = tools_.state.memory();
  auto held = memory != nullptr ? held_files(*memory, roots.source.identity)
                                : Result<std::vector<HeldFile>>(std::vector<HeldFile>());
  return held ? std::move(*held) : std::vector<HeldFile>();
}

bool VerifyShare::is_in_share(const RelPath& path) const {
  const TreePosition place{path.parent(), std::string(path.name())};
  return place > from_ && (!verified_->next || place <= *verified_->next);
}

void VerifyShare::remember(const Roots& roots, const Planned& planned) {
  Memory* const memory = tools_.state.memory();
  if (memory == nullptr) return;
  if (verified_) {
    set_verified_up_to(*memory, trees(roots), VerifiedBy::kRuns, verified_->next);
  }
  std::vector<HeldFile> held = planned.held;
  const LocalTree source = tree_of(roots.source);
  const auto tree = source.reader(descriptors_per_cursor(1));
  const auto has = [](const std::vector<RelPath>& paths, const RelPath& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  };
  for (const HeldFile& file : held_before(roots)) {
    const bool is_told = std::any_of(held.begin(), held.end(),
                                     [&](const HeldFile& one) { return one.path == file.path; });
    const bool is_free = has(planned.sound_again, file.path) || has(planned.accepted, file.path);
    if (!is_told && !is_free && is_as_it_was(*tree, file)) held.push_back(file);
  }
  set_held_files(*memory, roots.source.identity, std::move(held));
}

std::string VerifyShare::summary() const {
  if (!verified_) return {};
  const std::string files =
      human_count(verified_->files) + (verified_->files == 1 ? " file" : " files");
  return ", verified " + files + " (" + human_bytes(verified_->bytes) + ")" +
         (verified_->next ? "" : " to the end of the tree");
}

}  // namespace foldersync
