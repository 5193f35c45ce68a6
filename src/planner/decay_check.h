// What of the content went bad by itself is not carried over, and not kept.
#pragma once

#include <optional>

#include "planner/findings.h"
#include "scan/content.h"

namespace foldersync {

// One thread's. Tells of decay where content is read whatever is remembered of it, and something
// is remembered.
class DecayCheck {
 public:
  // All outlive the object.
  DecayCheck(const PlanningContext& context, Findings& findings, ContentJudge& judge)
      : context_(context), findings_(findings), judge_(judge) {}

  // Whether the content at `path` is read wherever it decides, whatever size, times and memory say.
  [[nodiscard]] bool reads(const RelPath& path) const;
  // Whether the source's file at `path` is held since an earlier run: it is a problem. One that is
  // as it was is not read for that, unless its content is asked for anyway. One that was touched,
  // or has another name, stays held until it is read and holds what it held when it was good. Only
  // who could not be read and was changed since is free at once. `replica`: what is there; may be
  // null.
  bool is_held(const RelPath& path, const FileToRead& source, const FileStatus* replica,
               DirectoryHashes& hashes);
  // Whether what the source's file at `path` holds may be carried over; where not, it is a problem.
  bool may_be_carried(const RelPath& path, const FileToRead& file, DirectoryHashes& hashes);
  // Files of both trees that are equal, and perhaps went bad in both: told likewise.
  void judge_equal(const RelPath& path, const FileStatus& source, const Md5& md5,
                   const std::optional<Md5>& source_remembered,
                   const std::optional<Md5>& replica_remembered);
  // Whether what the replica's file holds went bad, though nothing says that it was changed.
  // Requires: it is read.
  bool is_decayed(const FileToRead& file, DirectoryHashes& hashes);
  // The source's file can't be read: a problem. It may be what was moved to there.
  // `known`: what is remembered of its content.
  void tell_unreadable(const RelPath& path, const FileStatus& source, const Error& error,
                       const std::optional<Md5>& known);

 private:
  void hold(const RelPath& path, const FileStatus& source, const Error& error,
            const std::optional<Md5>& good);
  void keep_copies(const FileStatus& source, const FileStatus* replica);
  bool is_accepted(const RelPath& path);

  const PlanningContext& context_;
  Findings& findings_;
  ContentJudge& judge_;
};

}  // namespace foldersync
