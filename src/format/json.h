// The plan document as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/result.h"
#include "plan/stored_plan.h"

namespace foldersync {

using ByteSink = std::function<Status(std::string_view)>;
// Fills the buffer and says how much; 0 at the end.
using ByteSource = std::function<Result<std::size_t>(std::span<char>)>;

// Writes `plan` piece by piece, one action a line, digest last. Errors: those of the sink, and of
// the plan's store.
// Requires: the plan keeps the rules of the format (those of docs/plan-format.md; read_plan() would
// accept it), but its summary's counts of actions and problems are taken as they are.
Status write_plan(const Plan& plan, const ByteSink& sink);
Status write_plan(const StoredPlan& plan, const ByteSink& sink);

// Reads a document, pretty-printed or not, strictly: error kInvalidDocument with the line and the
// position, what was expected and what was found. Nothing of a rejected document is returned.
// An error of `source` or of the spool is handed on as it is. Memory: that of DocumentReader and
// about 100 KiB.
Result<StoredPlan> read_plan(const ByteSource& source, Spooling spooling);

// What a document is about. No more of it is read than is needed to know the replica, and the rest
// may be wrong; the source is empty where it stands behind that.
struct RootReferences {
  RootReference source;
  RootReference replica;
};
Result<RootReferences> read_roots(const ByteSource& source);

// The same as read_plan() of a small document. Memory: that of the plan, twice.
Result<Plan> read_small_plan(const ByteSource& source);

// The same of some actions of a plan, under the header of all: no rule is asked that holds between
// the header and all actions, or between the actions of several windows.
Result<Plan> read_window(const ByteSource& source);

// One action as the document has it, without the line's end. `seq` counts from 1.
std::string action_json(const Action& action, std::uint64_t seq);

// A JSON string literal, with quotes, of UTF-8 text; control, bidirectional and other invisible
// format characters as \u escapes. Bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

}  // namespace foldersync
