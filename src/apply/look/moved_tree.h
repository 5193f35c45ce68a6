// Whether all that a directory of the replica holds may be moved together.
#pragma once

#include <optional>
#include <string>

#include "apply/look/look.h"
#include "core/path.h"
#include "core/result.h"
#include "scan/content.h"

namespace foldersync {

class MovedTree {
 public:
  // A directory of the replica, and the path that it is to have.
  MovedTree(const LookContext& context, ContentJudge& judge, const RelPath& from, const RelPath& to)
      : context_(context), judge_(judge), from_(from), to_(to) {}

  // The first thing found, for people, that keeps it from being moved; nothing where it may be.
  // `directory` is the replica's, open. It and the source's at the new path, which an undo does not
  // ask, must hold the same names, types, sizes, times and targets and, where a person reviewed the
  // plan, contents. No entry of the replica may be excluded, a mount, or have other names.
  Result<std::optional<std::string>> first_difference(int directory);

 private:
  class Visitor;

  const LookContext& context_;
  ContentJudge& judge_;
  const RelPath& from_;
  const RelPath& to_;
};

}  // namespace foldersync
