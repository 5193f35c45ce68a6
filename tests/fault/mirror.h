// One run of the program without its command line: roots, lock, plan, apply.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/engine.h"
#include "fs/posix_file_system.h"
#include "support/disk_tree.h"

namespace foldersync {

// What a run said about one action.
struct Said {
  std::string path;
  Op op = Op::kCreate;
  Outcome outcome = Outcome::kOk;
  std::optional<Error> error;
  std::vector<Drift> drifts;
  bool grown = false;
  bool vanished = false;
};

class ReportRecorder final : public ApplyObserver {
 public:
  void report(const ActionReport& report) override;
  void warn(const std::string& sentence) override { warnings_.push_back(sentence); }

  std::map<std::uint64_t, int> times_;  // by place in the plan
  std::vector<Said> said_;
  std::vector<std::string> warnings_;
  std::function<void(const ActionReport&)> on_report_;  // may be empty
};

struct MirrorOptions {
  PlanOptions plan;
  std::size_t threads = 1;
  bool follow_source = true;  // as `run`; false: as `apply` of a plan that was reviewed
  bool dry_run = false;
  bool atomic = false;
  bool durable = true;
  WindowLimits windows;
  std::optional<std::string> backup_folder;
  std::string backup_identity = {};  // see BackupOrder
  std::shared_ptr<Backup> earlier_backup = nullptr;
  const std::atomic<bool>* stop = nullptr;
  FileSystemLimits limits = {};  // that are known of the replica's file system
  std::function<void()> before_apply;
  std::function<void(const ActionReport&)> on_report;  // is told each action when the caller is
};

struct MirrorRun {
  std::optional<Error> error;  // of the whole run
  std::optional<Plan> plan;
  std::map<std::uint64_t, int> times;  // how often each action was reported, by place in the plan
  std::vector<Said> said;
  std::vector<std::string> warnings;
  bool conflicts = false;
  bool times_moved = false;
  std::shared_ptr<Backup> backup = nullptr;

  // Whether the program would end with exit code 0.
  [[nodiscard]] bool is_success() const;
  [[nodiscard]] bool has_reported_each_action_once() const;
  // What became of the first action on `path`. Requires: there was one.
  [[nodiscard]] Said of(const std::string& path) const;
  // For messages: everything that went wrong.
  [[nodiscard]] std::string troubles() const;
};

Policy policy_of_this_process();

// Plans and applies, as `run` does. Both folders are named by absolute paths.
MirrorRun mirror(FileSystem& fs, const std::string& source, const std::string& replica,
                 const MirrorOptions& options = {});

// Applies a plan that was made elsewhere, as `apply` does.
MirrorRun apply_given(FileSystem& fs, Plan plan, const std::string& source,
                      const std::string& replica, const MirrorOptions& options = {});

// Applies the undo of the backup `folder`, as `apply` does.
MirrorRun take_back(FileSystem& fs, const std::string& folder, const std::string& replica,
                    const MirrorOptions& options = {});

// Source and replica in a folder of their own, with a folder `outside` that nobody may touch.
class MirrorTest : public testing::Test {
 protected:
  MirrorTest();
  ~MirrorTest() override;

  void plant_source(const Tree& tree) { plant(tree, source_); }
  void plant_replica(const Tree& tree) { plant(tree, replica_); }

  [[nodiscard]] std::string in_source(const std::string& path) const { return join(source_, path); }
  [[nodiscard]] std::string in_replica(const std::string& path) const {
    return join(replica_, path);
  }

  MirrorRun run(FileSystem& fs, const MirrorOptions& options = {}) {
    return mirror(fs, source_, replica_, options);
  }
  MirrorRun run(const MirrorOptions& options = {}) {
    FileSystem& fs = posix_file_system();
    return mirror(fs, source_, replica_, options);
  }

  // The replica is an exact copy of the source and nothing else.
  void expect_exact_copy() const;

  // Another run, undisturbed, succeeds, makes an exact copy, and a third finds nothing to do.
  void expect_converges(const MirrorOptions& options = {});

  ScratchFolder scratch_;
  std::string source_ = scratch_ / "source";
  std::string replica_ = scratch_ / "replica";
  std::string outside_ = scratch_ / "outside";
  Tree outside_before_;
};

}  // namespace foldersync
