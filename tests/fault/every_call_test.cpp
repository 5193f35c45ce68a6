// Every call of a run is made to fail, one after another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "fault/mirror.h"
#include "fault/rich_trees.h"
#include "format/errno_name.h"
#include "support/faulty_file_system.h"
#include "support/sweep_points.h"

namespace foldersync {
namespace {

using Lines = std::vector<std::string>;

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Tree without_xattrs(Tree tree) {
  for (auto& [path, entry] : tree) entry.xattrs.clear();
  return tree;
}

// What is left of them where the file system was found to hold no more.
Tree without_metadata(Tree tree) {
  for (auto& [path, entry] : tree) {
    entry.mode = entry.uid = entry.gid = 0;
    entry.mtime = {};
  }
  return without_xattrs(std::move(tree));
}

bool tells_of_a_limit(const Lines& warnings) {
  return std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
    return warning.find("does not hold") != std::string::npos;
  });
}

// Below the staging folder, or in one: how it looks inside is of no interest.
bool is_staging(const std::string& path) {
  const std::string name(kStagingName);
  return ("/" + path + "/").find("/" + name + "/") != std::string::npos;
}

Tree mirrored(Tree tree) {
  std::erase_if(tree, [](const auto& item) { return is_staging(item.first); });
  return tree;
}

// How the plan is cut into windows.
enum class Windows : std::uint8_t {
  kOne,
  kSmall,      // of three actions, one after another
  kAhead,      // the same, and each is staged while the one before becomes durable
  kOutOfTime,  // each ends as soon as something is staged
};

MirrorOptions cut_into(Windows windows) {
  MirrorOptions options;
  if (windows == Windows::kSmall || windows == Windows::kAhead) options.windows.actions = 3;
  if (windows == Windows::kAhead) options.threads = 2;
  if (windows == Windows::kOutOfTime) options.windows.stage_seconds = 0;
  return options;
}

using HowACallFails = std::tuple<int, Lasting, Windows>;

constexpr std::array kErrors{EIO, ENOSPC, EACCES, EMFILE};
constexpr std::array kLasting{Lasting::kOnce, Lasting::kSameCall, Lasting::kEverything};
constexpr std::array kCuts{Windows::kSmall, Windows::kAhead, Windows::kOutOfTime};

template <class Values, class Value>
std::uint64_t place_in(const Values& values, Value value) {
  return static_cast<std::uint64_t>(std::find(values.begin(), values.end(), value) -
                                    values.begin());
}

// The points that one way of failing tries. In one window, and with each way of cutting it, all of
// them together try each call once.
std::vector<std::uint64_t> points_of(const HowACallFails& how, std::uint64_t calls) {
  const auto [error, lasting, windows] = how;
  if (windows != Windows::kOne) {
    constexpr std::uint64_t kEnoughPoints = 25;
    return spread_points(calls, kEnoughPoints);
  }
  const std::uint64_t column =
      place_in(kErrors, error) * kLasting.size() + place_in(kLasting, lasting);
  return share_of_points(calls, column, kErrors.size() * kLasting.size());
}

class EveryCall : public MirrorTest, public testing::WithParamInterface<HowACallFails> {
 protected:
  EveryCall()
      : trees_(rich_trees(holds_user_xattrs(scratch_.path()))),
        options_(cut_into(std::get<2>(GetParam()))) {
    plant_source(trees_.source);
    options_.plan.xattrs = true;
    // Waiting for the disk takes time, and one errno is like another there.
    options_.durable = lasting() == Lasting::kOnce && error_number() == EIO;
    skips_syncs_ = std::get<2>(GetParam()) != Windows::kOne;
  }

  static int error_number() { return std::get<0>(GetParam()); }
  static Lasting lasting() { return std::get<1>(GetParam()); }

  void plant_replica_anew() {
    remove_tree(replica_);
    plant_replica(trees_.replica);
  }

  // The calls of a run in which nothing fails.
  std::uint64_t calls_of_a_run() {
    plant_replica_anew();
    FaultyFileSystem fs;
    fs.skip_syncs(skips_syncs_);
    const MirrorRun whole = run(fs, options_);
    EXPECT_TRUE(whole.is_success()) << whole.troubles();
    expect_exact_copy();
    return fs.calls();
  }

  // Whether `found`, the entry at `path`, holds what one of the trees has there, completely.
  [[nodiscard]] bool is_old_or_new(const std::string& path, const TreeEntry& found) const {
    for (const Tree* tree : {&trees_.source, &trees_.replica}) {
      const auto known = tree->find(path);
      if (known != tree->end() && known->second.type == found.type &&
          known->second.content == found.content && known->second.rdev == found.rdev) {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] Lines torn_or_lost(const Tree& found) const {
    Lines lines;
    for (const auto& [path, entry] : found) {
      if (is_staging(path) || is_old_or_new(path, entry)) continue;
      lines.push_back(path + " is torn or foreign: " + shown(entry));
    }
    for (const auto& [path, entry] : trees_.replica) {
      if (trees_.source.contains(path) && !found.contains(path)) lines.push_back(path + " is lost");
    }
    return lines;
  }

  // What the run said that isn't so.
  [[nodiscard]] Lines lies(const MirrorRun& faulty, const Tree& found) const {
    Lines lines;
    if (!faulty.error && !faulty.has_reported_each_action_once()) {
      lines.push_back("not every action is reported once");
    }
    for (const auto& [seq, count] : faulty.times) {
      if (count != 1) lines.push_back("reported more than once: action " + std::to_string(seq));
    }
    if (!faulty.is_success()) return lines;
    // An attribute that the file system refuses is told, and does not fail the content.
    if (found.contains(std::string(kStagingName))) {
      lines.push_back("claims success: the staging folder is left");
    }
    const auto seen = [&](Tree tree) {
      if (faulty.warnings.empty()) return tree;
      return tells_of_a_limit(faulty.warnings) ? without_metadata(std::move(tree))
                                               : without_xattrs(std::move(tree));
    };
    const Lines differences = tree_differences(seen(trees_.source), seen(mirrored(found)));
    for (const std::string& difference : differences) {
      lines.push_back("claims success: " + difference);
    }
    return lines;
  }

  // What is wrong with the run after the faulty one, and with the one after that.
  Lines failures_to_converge() {
    Lines lines;
    MirrorOptions options = options_;
    options.durable = options.durable && !skips_syncs_;
    const MirrorRun second = run(options);
    if (!second.is_success()) lines.push_back("the next run fails: " + second.troubles());
    const Tree found = read_tree(replica_);
    if (found.contains(std::string(kStagingName))) {
      lines.push_back("the next run leaves the staging folder");
    }
    for (const std::string& difference : tree_differences(trees_.source, mirrored(found))) {
      lines.push_back("after the next run: " + difference);
    }
    const MirrorRun third = run(options);
    if (!third.is_success()) lines.push_back("the run after that fails: " + third.troubles());
    for (const Said& said : third.said) lines.push_back("still to do: " + said.path);
    return lines;
  }

  RichTrees trees_;
  MirrorOptions options_;
  bool skips_syncs_ = false;  // many windows have many barriers
};

TEST_P(EveryCall, ThatFailsTearsNothingLosesNothingAndIsToldAndTheNextRunConverges) {
  constexpr std::size_t kEnough = 40;
  const std::uint64_t calls = calls_of_a_run();
  Lines wrong;
  for (const std::uint64_t nth : points_of(GetParam(), calls)) {
    if (wrong.size() >= kEnough) break;
    plant_replica_anew();
    FaultyFileSystem fs;
    fs.skip_syncs(skips_syncs_);
    fs.intercept(fail_at(nth, error_number(), lasting()));
    const MirrorRun faulty = run(fs, options_);
    const Tree found = read_tree(replica_);
    Lines lines = torn_or_lost(found);
    append(lines, lies(faulty, found));
    append(lines, failures_to_converge());
    if (lines.empty()) continue;
    wrong.push_back("call " + std::to_string(nth) + ", " + fs.first_failure() + ":" +
                    faulty.troubles());
    append(wrong, lines);
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
  EXPECT_THAT(tree_differences(trees_.source, read_tree(source_)), testing::IsEmpty());
}

std::string name_of(const testing::TestParamInfo<HowACallFails>& info) {
  static constexpr std::array<const char*, 3> kHowLong{"Once", "ForThisMethod", "ForEverything"};
  static constexpr std::array<const char*, 4> kWindows{"", "InSmallWindows", "InWindowsStagedAhead",
                                                       "OutOfTime"};
  return errno_name(std::get<0>(info.param)) +
         std::string(kHowLong.at(static_cast<std::size_t>(std::get<1>(info.param)))) +
         kWindows.at(static_cast<std::size_t>(std::get<2>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(Fails, EveryCall,
                         testing::Combine(testing::ValuesIn(kErrors), testing::ValuesIn(kLasting),
                                          testing::Values(Windows::kOne)),
                         name_of);

// Where every later call fails, too, the disk looks as after a kill.
INSTANTIATE_TEST_SUITE_P(InManyWindows, EveryCall,
                         testing::Combine(testing::Values(EIO),
                                          testing::Values(Lasting::kOnce, Lasting::kEverything),
                                          testing::ValuesIn(kCuts)),
                         name_of);

}  // namespace
}  // namespace foldersync
