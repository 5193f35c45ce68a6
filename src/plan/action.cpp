#include "plan/action.h"

#include <cassert>

namespace foldersync {

bool writes_entry(const Action& action) {
  return action.op == Op::kCreate || action.op == Op::kUpdate || action.op == Op::kReplace;
}

bool changes_in_place(const Action& action) {
  const bool moves_leaf = action.op == Op::kMove && action.after->type != FileType::kDirectory;
  return action.op == Op::kMetadata || moves_leaf;
}

bool changes_leaf_in_place(const Action& action) {
  return changes_in_place(action) && action.after->type != FileType::kDirectory;
}

bool takes_file_over(const Action& action) {
  return action.other && (action.op == Op::kCreate || action.op == Op::kUpdate);
}

bool takes_file_away(const Action& action) {
  const bool goes =
      action.op == Op::kDelete || action.op == Op::kUpdate || action.op == Op::kReplace;
  return goes && action.before && action.before->type == FileType::kFile;
}

bool has_lone_id(const Action& action) {
  const auto is_lone = [](const std::optional<Facts>& facts) {
    return facts && facts->gid.has_value() != facts->uid.has_value();
  };
  return is_lone(action.before) || is_lone(action.after);
}

std::uint64_t bytes_to_write(const Action& action) {
  const bool copies = writes_entry(action) && !takes_file_over(action) && action.after;
  return copies ? action.after->size.value_or(0) : 0;
}

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

std::vector<std::string_view> words_of(ReasonSet reasons) {
  std::vector<std::string_view> words;
  for (const Reason reason : kReasons) {
    if (reasons.has(reason)) words.emplace_back(to_string(reason));
  }
  return words;
}

}  // namespace foldersync
