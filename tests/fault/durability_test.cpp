// What is on disk at each step of an apply, as far as the calls tell: nobody is shown what a power
// cut could still take away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "support/faulty_file_system.h"
#include "support/forwarding_file_system.h"

namespace foldersync {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Follows the calls of a run, and keeps what was changed and not synced since: files and
// directories, by their paths below the replica.
class Ledger {
 public:
  explicit Ledger(std::string replica) : replica_(std::move(replica)) {}

  int operator()(const CallInfo& info) {
    if (info.call == Call::kSyncAll) {
      ++syncs_of_all_;
      dirty_.clear();
    }
    // A link changes the directory that gets the new name, and no other one.
    const int changed = info.call == Call::kMakeLink ? info.new_directory : info.fd;
    if (!is_in_replica(changed)) return 0;
    const std::string at = path_of(changed);
    if (info.call == Call::kSync) {
      ++syncs_;
      dirty_.erase(at);
    }
    if (is_changing(info.call)) change(info, at);
    return 0;
  }

  // A report of something that is done.
  void told(const std::string& path) {
    if (path == ".") return;  // the root's own: see end()
    if (!is_done_) wrong("told before it was marked as done: " + path);
    expect_clean("told", ".sync-txn");
  }
  void end() { expect_clean("at the end", "."); }

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] std::size_t syncs() const { return syncs_; }
  [[nodiscard]] std::size_t syncs_of_all() const { return syncs_of_all_; }
  [[nodiscard]] std::size_t commits() const { return commits_; }

 private:
  void change(const CallInfo& info, const std::string& at) {
    if (info.call == Call::kRename && info.new_name == "DONE") {
      expect_clean("the marker DONE is set", "");
      is_done_ = true;
    }
    if (info.call == Call::kCreateFile && info.name == "COMMIT") {
      expect_clean("the marker COMMIT is set", "");
      ++commits_;
      is_committed_ = true;
      is_done_ = false;
    }
    if (is_visible(info, at)) {
      if (!is_committed_) wrong(describe(info, at) + " before the marker COMMIT");
      if (is_done_) wrong(describe(info, at) + " after the marker DONE");
      expect_clean(describe(info, at), ".sync-txn");
    }
    if (is_purge(info, at)) {
      if (!is_done_) wrong(describe(info, at) + " before the marker DONE");
      expect_clean(describe(info, at), ".sync-txn");
    }
    mark(info, at);
  }

  // A name that others see comes, goes, or stands for something else.
  [[nodiscard]] bool is_visible(const CallInfo& info, const std::string& at) const {
    if (info.name.empty() || info.name == ".sync-txn") return false;
    if (info.call == Call::kRename && !is_staging(path_of(info.new_directory))) return true;
    return !is_staging(at);
  }
  // What was displaced is removed: its name is a number.
  [[nodiscard]] bool is_purge(const CallInfo& info, const std::string& at) const {
    return (info.call == Call::kRemoveFile || info.call == Call::kRemoveDirectory) &&
           is_committed_ && at.starts_with(".sync-txn/") &&
           info.name.find_first_not_of("0123456789") == std::string_view::npos;
  }

  void mark(const CallInfo& info, const std::string& at) {
    // The time of the folder around the staging folder, which may be lost.
    if (info.name == "origin" || at.ends_with("/origin")) return;
    dirty_.insert(at);
    const std::string entry = join(at, std::string(info.name));
    if (info.call == Call::kCreateFile && info.name != "COMMIT") {
      dirty_.insert(entry);
    }
    if (info.call == Call::kRemoveFile || info.call == Call::kRemoveDirectory) dirty_.erase(entry);
    // What the file holds was written long ago, and nobody may have waited for it.
    if (info.call == Call::kMakeLink && !is_committed_) {
      dirty_.insert(join(at, std::string(info.new_name)));
    }
    if (info.call != Call::kRename) return;
    const std::string moved = join(path_of(info.new_directory), std::string(info.new_name));
    dirty_.insert(path_of(info.new_directory));
    const bool was_dirty = dirty_.erase(entry) > 0;
    if (info.mode == RenameMode::kExchange && dirty_.erase(moved) > 0) dirty_.insert(entry);
    if (was_dirty) dirty_.insert(moved);
  }

  // Nothing of what matters is dirty: `only` that path, or all where it is empty.
  void expect_clean(const std::string& when, const std::string& only) {
    for (const std::string& path : dirty_) {
      if (!only.empty() ? path == only : matters(path)) {
        wrong(when + ", and '" + path + "' is not on disk");
      }
    }
  }
  // Links and nodes can't be synced by themselves: they go with the directory that holds them. So
  // does a directory that was displaced, and what came out of it.
  [[nodiscard]] bool matters(const std::string& path) const {
    if (!is_openable(path)) return false;
    return !is_committed_ || !is_displaced(path);
  }
  static bool is_displaced(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    return is_staging(path) && name.find_first_not_of("0123456789") == std::string::npos &&
           std::count(path.begin(), path.end(), '/') > 1;
  }
  [[nodiscard]] bool is_openable(const std::string& path) const {
    struct stat status {};
    if (::lstat(join(replica_, path).c_str(), &status) != 0) return false;
    return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
  }

  static std::string describe(const CallInfo& info, const std::string& at) {
    return std::string(to_string(info.call)) + " " + at + " '" + std::string(info.name) + "'";
  }
  void wrong(std::string what) { violations_.push_back(std::move(what)); }

  static bool is_staging(const std::string& path) { return path.starts_with(".sync-txn"); }
  static std::string absolute(int fd) {
    std::array<char, 4096> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const auto length = ::readlink(link.c_str(), path.data(), path.size());
    return length < 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(length));
  }
  [[nodiscard]] bool is_in_replica(int fd) const {
    return fd >= 0 && (absolute(fd) + "/").starts_with(replica_ + "/");
  }
  [[nodiscard]] std::string path_of(int fd) const {
    const std::string path = absolute(fd);
    return path.size() <= replica_.size() ? "." : path.substr(replica_.size() + 1);
  }
  static std::string join(const std::string& at, const std::string& name) {
    return at == "." ? name : at + "/" + name;
  }

  std::string replica_;
  std::set<std::string> dirty_;
  std::vector<std::string> violations_;
  std::size_t syncs_ = 0;
  std::size_t syncs_of_all_ = 0;
  std::size_t commits_ = 0;
  bool is_committed_ = false;
  bool is_done_ = false;
};

// As those by FUSE.
class WithoutSyncAll final : public test::ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;

  Result<FileSystemFacts> facts(int fd) override {
    auto found = ForwardingFileSystem::facts(fd);
    if (found) found->has_sync_all = false;
    return found;
  }
};

class Durability : public MirrorTest {
 protected:
  MirrorRun follow(Ledger& ledger, MirrorOptions options = {}) {
    FaultyFileSystem fs;
    fs.intercept(std::ref(ledger));
    return follow_on(fs, ledger, std::move(options));
  }

  MirrorRun follow_on(FileSystem& fs, Ledger& ledger, MirrorOptions options = {}) {
    options.on_report = [&](const ActionReport& report) {
      if (report.outcome == Outcome::kOk) ledger.told(report.action->path.shown());
    };
    MirrorRun done = run(fs, options);
    ledger.end();
    return done;
  }

  Ledger ledger_{std::filesystem::canonical(scratch_.path()).string() + "/replica"};
};

TEST_F(Durability, OfAFewChangesIsBroughtAboutOneByOne) {
  plant_source({{".", directory().at(50)},
                {"created", file("new")},
                {"updated", file("longer")},
                {"mode", file("m").with_mode(0600)},
                {"d", directory().at(60)},
                {"d/e", directory()},
                {"d/e/f", file("deep")},
                {"to-link", symlink("x")}});
  plant_replica({{".", directory().at(51)},
                 {"updated", file("old")},
                 {"mode", file("m")},
                 {"deleted", file("goes")},
                 {"gone", directory()},
                 {"gone/x", file("goes too")},
                 {"to-link", file("becomes a link")}});
  const MirrorRun done = follow(ledger_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_THAT(ledger_.violations(), IsEmpty());
  EXPECT_EQ(ledger_.syncs_of_all(), 0U);
  EXPECT_EQ(ledger_.commits(), 1U);
  expect_exact_copy();
}

TEST_F(Durability, OfChangesOfEveryKindIsComplete) {
  const RichTrees trees = rich_trees(holds_user_xattrs(scratch_.path()));
  for (const bool atomic : {false, true}) {
    remove_tree(source_);
    remove_tree(replica_);
    plant_source(trees.source);
    plant_replica(trees.replica);
    MirrorOptions options;
    options.plan.xattrs = true;
    options.atomic = atomic;
    Ledger ledger = ledger_;
    const MirrorRun done = follow(ledger, options);
    EXPECT_TRUE(done.is_success()) << done.troubles();
    EXPECT_THAT(ledger.violations(), IsEmpty());
  }
}

TEST_F(Durability, OfManyChangesTakesAFewCallsForTheWholeFileSystem) {
  Tree source{{".", directory()}};
  for (int i = 0; i < 200; ++i) source["f" + std::to_string(i)] = file("content");
  plant_source(source);
  plant_replica({{".", directory()}, {"gone", file("x")}});
  const MirrorRun done = follow(ledger_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_THAT(ledger_.violations(), IsEmpty());
  EXPECT_EQ(ledger_.syncs_of_all(), 2U);
  EXPECT_LT(ledger_.syncs(), 20U);
}

TEST_F(Durability, OfDirectoriesThatComeFilledIsCompleteWhereThereIsNoCallForAll) {
  Tree source{{".", directory()}, {"d", directory()}, {"d/e", directory()}};
  for (int i = 0; i < 40; ++i) source["d/e/f" + std::to_string(i)] = file("content");
  plant_source(source);
  plant_replica({{".", directory()}});
  FaultyFileSystem followed;
  int renamed = 0;
  followed.intercept([&](const CallInfo& info) {
    if (info.call == Call::kRename && info.new_name == "d") ++renamed;
    if (info.call == Call::kRename && info.new_name.starts_with("f")) ++renamed;
    return ledger_(info);
  });
  WithoutSyncAll fs(followed);
  const MirrorRun done = follow_on(fs, ledger_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_THAT(ledger_.violations(), IsEmpty());
  EXPECT_EQ(renamed, 1);
  expect_exact_copy();
}

TEST_F(Durability, OfManyChangesInPlaceTakesAFewCallsForTheWholeFileSystem) {
  Tree source{{".", directory()}};
  Tree replica{{".", directory()}};
  for (int i = 0; i < 200; ++i) {
    source["f" + std::to_string(i)] = file("content").at(60);
    replica["f" + std::to_string(i)] = file("content").at(50);
  }
  plant_source(source);
  plant_replica(replica);
  const MirrorRun done = follow(ledger_);
  EXPECT_TRUE(done.is_success()) << done.troubles();
  EXPECT_THAT(ledger_.violations(), IsEmpty());
  EXPECT_LT(ledger_.syncs(), 20U);
}

// A rename fails when others are done.
TEST_F(Durability, OfWhatIsTakenBackReachesTheRoot) {
  plant_source({{".", directory().at(50)}, {"created", file("new")}});
  plant_replica({{".", directory().at(51)}, {"gone", directory()}});
  FaultyFileSystem fs;
  bool failed = false;
  fs.intercept([&](const CallInfo& info) {
    (void)ledger_(info);
    const bool fails = !failed && info.call == Call::kRename && info.name == "gone";
    failed = failed || fails;
    return fails ? EIO : 0;
  });
  MirrorOptions options;
  options.atomic = true;
  const MirrorRun done = run(fs, options);
  ledger_.end();
  EXPECT_TRUE(failed);
  EXPECT_EQ(done.of("created").outcome, Outcome::kRolledBack);
  EXPECT_THAT(ledger_.violations(), Not(Contains(HasSubstr("at the end"))));
}

TEST_F(Durability, IsNotBroughtAboutWhereItIsNotWanted) {
  plant_source({{".", directory()}, {"created", file("new")}});
  plant_replica({{".", directory()}, {"deleted", file("goes")}});
  MirrorOptions options;
  options.durable = false;
  EXPECT_TRUE(follow(ledger_, options).is_success());
  EXPECT_EQ(ledger_.syncs() + ledger_.syncs_of_all(), 0U);
}

// The kernel may have dropped what it could not write: a second call would say that all is well.
TEST_F(Durability, ThatFailsIsNotTriedAgainAndNothingIsSaidToBeDone) {
  const auto plant_anew = [&] {
    remove_tree(replica_);
    plant_replica({{".", directory()}, {"updated", file("old")}, {"deleted", file("goes")}});
  };
  plant_source({{".", directory()}, {"created", file("new")}, {"updated", file("longer")}});
  plant_anew();
  FaultyFileSystem counting;
  ASSERT_TRUE(run(counting).is_success());
  const std::uint64_t syncs = counting.calls(Call::kSync);
  ASSERT_GT(syncs, 5U);
  for (std::uint64_t nth = 1; nth <= syncs; ++nth) {
    plant_anew();
    FaultyFileSystem fs;
    std::string failed;
    int again = 0;
    fs.intercept([&](const CallInfo& info) {
      if (info.call != Call::kSync) return 0;
      std::error_code none;
      const auto link = "/proc/self/fd/" + std::to_string(info.fd);
      const std::string path = std::filesystem::read_symlink(link, none).string();
      if (!failed.empty() && path == failed) ++again;
      if (info.number_of_kind != nth) return 0;
      failed = path;
      return EIO;
    });
    const MirrorRun done = run(fs);
    SCOPED_TRACE("sync " + std::to_string(nth) + " of " + failed);
    EXPECT_FALSE(done.is_success());
    // These two are changed again when the run cleans up.
    const bool changes_again = failed.ends_with("/.sync-txn") || failed.ends_with("/replica");
    EXPECT_TRUE(again == 0 || changes_again) << again << " more";
    const auto was_done = [](const Said& said) { return said.outcome == Outcome::kOk; };
    const auto done_count = std::count_if(done.said.begin(), done.said.end(), was_done);
    const bool of_one = failed.find("/.sync-txn/0/") != std::string::npos;
    const bool of_root = nth == syncs;  // by then all the rest is safe
    EXPECT_EQ(done_count, of_one || of_root ? 3 : 0) << done.troubles();
    expect_converges();
  }
}

}  // namespace
}  // namespace foldersync
