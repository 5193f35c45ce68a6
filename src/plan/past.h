// What a replica held before earlier runs, as their undos tell it. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/path.h"
#include "core/result.h"
#include "plan/action_store.h"

namespace foldersync {

// Where something of the past lies now.
struct Origin {
  std::optional<std::size_t> run;  // in the backup of this run; nothing: in the replica
  RelPath path;                    // there
  std::optional<Facts> facts;      // the metadata that it had; nothing: what it has there
  std::optional<Facts> left = {};  // what the last of the runs left there, where that is known
  // Of what stayed: whose backup has the attributes that it had, under the path that it had then.
  std::optional<std::size_t> attributes = {};
  RelPath attributes_path = {};
};

// Follows one path, and all below it, through a row of runs without a gap. Memory: the actions that
// are about it, and those of directories above it.
class Past {
 public:
  explicit Past(const RelPath& path) : roots_{path} {}

  // The undo of the next run; the oldest comes first. Errors: those of the store.
  Status add(const ActionStore& undo);

  [[nodiscard]] std::size_t runs() const { return runs_.size(); }
  // Whether the run changed what the path, or something below it, stands for.
  [[nodiscard]] bool touches(std::size_t run, const RelPath& path) const;

  // What the path stood for before the run; nothing: nothing was there. runs(): what it stands for
  // today, which is taken to be there. Requires: `path` is the one that is followed, or below it.
  [[nodiscard]] std::optional<Origin> before(std::size_t run, const RelPath& path) const;

  // Names that may have been in the directory then, each to be asked for by before(), besides those
  // that the replica has in `today`, where that is something.
  struct Names {
    std::set<std::string> names;
    std::optional<RelPath> today;
  };
  [[nodiscard]] Names names_before(std::size_t run, const RelPath& directory) const;

 private:
  struct Run {
    std::map<RelPath, Action> actions;
    std::map<RelPath, Action> finishes;  // of directories
    std::set<RelPath> moved;             // where what was moved is after the run
  };

  bool follow(const Action& action, std::set<RelPath>& later);
  // The path after the run of what stayed, perhaps under another one; nothing: it did not.
  static std::optional<RelPath> after(const Run& run, const RelPath& path);
  [[nodiscard]] std::optional<Origin> linked(std::size_t run, const Action& link) const;

  std::set<RelPath> roots_;  // where what is followed, or a name of it, may be
  std::vector<Run> runs_;
};

}  // namespace foldersync
