#include "plan/action.h"

#include <cassert>

namespace foldersync {

const char* to_string(Phase phase) {
  switch (phase) {
    case Phase::kClear:
      return "clear";
    case Phase::kMkdir:
      return "mkdir";
    case Phase::kWrite:
      return "write";
    case Phase::kDelete:
      return "delete";
    case Phase::kRmdir:
      return "rmdir";
    case Phase::kFinish:
      return "finish";
  }
  assert(false);
  return "";
}

const char* to_string(Op op) {
  switch (op) {
    case Op::kCreate:
      return "create";
    case Op::kUpdate:
      return "update";
    case Op::kReplace:
      return "replace";
    case Op::kMove:
      return "move";
    case Op::kLink:
      return "link";
    case Op::kMetadata:
      return "metadata";
    case Op::kDelete:
      return "delete";
  }
  assert(false);
  return "";
}

const char* to_string(Reason reason) {
  switch (reason) {
    case Reason::kMissing:
      return "missing";
    case Reason::kExtra:
      return "extra";
    case Reason::kType:
      return "type";
    case Reason::kSize:
      return "size";
    case Reason::kContent:
      return "content";
    case Reason::kTarget:
      return "target";
    case Reason::kDevice:
      return "device";
    case Reason::kLink:
      return "link";
    case Reason::kMtime:
      return "mtime";
    case Reason::kMode:
      return "mode";
    case Reason::kOwner:
      return "owner";
    case Reason::kXattrs:
      return "xattrs";
    case Reason::kChildren:
      return "children";
    case Reason::kUndo:
      return "undo";
  }
  assert(false);
  return "";
}

}  // namespace foldersync
