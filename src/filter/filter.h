// Which entries a run leaves alone: gitignore rules over raw bytes, bounds that files keep, a list
// of what takes part, and what the source says itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/file_status.h"
#include "core/result.h"
#include "filter/local_rules.h"
#include "filter/path_list.h"
#include "filter/rule_set.h"
#include "plan/plan.h"

namespace foldersync {

// What a person gave beside the options of a plan.
struct FilterOrigins {
  std::vector<std::string> rules;        // where each rule stands, for people
  std::shared_ptr<const PathList> list;  // what takes part; null: everything
};

// What decides about a name, and how.
struct FilterSaid {
  enum class By : std::uint8_t { kNothing, kList, kRule, kLocalRule, kMark };
  By by = By::kNothing;
  bool excluded = false;
  std::size_t rule = 0;             // which, from 0; of kRule
  std::string_view directory = {};  // of the source, where it stands; of the last two
};

// Rules in the language of gitignore(5), matched against bytes (no locale, no Unicode): the last
// rule that matches decides, "!" re-includes, a trailing "/" asks for a directory, a "/" at the
// start or in the middle anchors to the root, "**" spans directories. A rule never looks at the
// entry's ancestors: the walk does not enter what is excluded, which is why, as with git, nothing
// below an excluded directory can be re-included.
//
// Agrees with git's own decisions (core.ignoreCase off), also where its manual is silent: a rule
// with an open bracket or a lone backslash at its end matches nothing, a symlink is no directory,
// and "a**/b" matches "ab" and "ax/y/b", as git takes off what stands before the first wildcard.
//
// One that is not made by the methods below excludes nothing. Immutable once made; any number of
// threads may ask at a time.
class Filter {
 public:
  // Compiles the rules, in order. Those that git ignores (empty, comments) are ignored.
  // Error kUsage: a rule too large to compile, by itself or with those before it (all of them take
  // 64 MiB at most, and as much again while they are asked), or with a NUL byte in it (UTF-16?).
  // Its detail names the rule, by its place in `origins` where that is given: one for each rule.
  static Result<Filter> compile(const std::vector<std::string>& rules,
                                const std::vector<std::string>& origins = {});

  // The rules of a plan's options, and the bounds that they set to files, `as_of` its making; and
  // the list.
  static Result<Filter> of(const PlanOptions& options, FileTime as_of,
                           const FilterOrigins& origins = {});

  // The same bounds at another time.
  void set_time(FileTime as_of) { bounds_.as_of = as_of; }

  // Whether nothing could be excluded, but by the source itself.
  [[nodiscard]] bool empty() const { return rules_.empty() && list_ == nullptr && !has_bounds(); }
  [[nodiscard]] bool has_bounds() const { return bounds_.min_age > 0 || bounds_.max_size > 0; }

  // Whether a file is outside of the bounds. They say nothing of other types. Of a name that both
  // trees hold the source's entry is to be asked, and both are left alone.
  [[nodiscard]] bool excludes_file(const FileStatus& entry) const;

  // Whether the entry `name` in the directory `directory` (path bytes relative to the root, empty
  // for the root itself) is excluded: by the list; else by the rules; where none of them says
  // anything, by those of the source (`local`, those of the nearest directory that has some; null:
  // none). Requires: no ancestor of it is.
  [[nodiscard]] bool excludes(std::string_view directory, std::string_view name, bool is_directory,
                              const LocalRules* local = nullptr) const {
    return decide(directory, name, is_directory, local).excluded;
  }
  [[nodiscard]] FilterSaid decide(std::string_view directory, std::string_view name,
                                  bool is_directory, const LocalRules* local = nullptr) const;

 private:
  struct Bounds {
    FileTime as_of;
    std::uint64_t min_age = 0;   // seconds; 0: none
    std::uint64_t max_size = 0;  // bytes; 0: none
  };

  RuleSet rules_;
  std::shared_ptr<const PathList> list_;
  Bounds bounds_;
};

}  // namespace foldersync
