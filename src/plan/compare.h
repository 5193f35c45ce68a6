// The decision about one name, from what both trees say of it. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/file_status.h"
#include "plan/action.h"
#include "plan/facts.h"

namespace foldersync {

enum class Decision : std::uint8_t {
  kUnchanged,
  kMetadata,      // content is the same, metadata differs
  kContentAsked,  // files of one size that only their content can decide about
  kCreate,
  kUpdate,   // same type, other content
  kReplace,  // other type
  kDelete,
};

struct Comparison {
  Decision decision = Decision::kUnchanged;
  ReasonSet reasons;  // empty where unchanged; of kContentAsked the metadata that differs

  friend bool operator==(const Comparison&, const Comparison&) = default;
};

// One entry as one tree has it.
struct Seen {
  FileStatus status;
  std::string_view target;  // of a symlink
};

// Decides about one name; null: that tree lacks it. Requires: not both null. Here and below the
// source's status is what as_wanted() makes of it.
//
// In this order: type, size (of files), target (of symlinks) and number (of devices); whether a
// file may get its metadata where it is; then, for files of one size, mtime: where it agrees they
// are the same unless policy.checksum, otherwise their content has to be read. So it has where the
// file system of one of them keeps whole seconds, and that one was changed in the second of the
// last look or since then: it may have been changed once more after it was read. A directory's
// mtime counts like any metadata. Where none can be set, content decides, and nothing else follows.
Comparison compare(const Seen* source, const Seen* replica, const Policy& policy);

// Whether the two differ in metadata, and `policy` leaves it out for its limits alone. `unlimited`
// is the policy without them.
bool is_hidden_by_limits(const FileStatus& source, const FileStatus& replica, const Policy& policy,
                         const Policy& unlimited);

// Whether the replica's file may become what the source's is without its content being written
// anew. Its owner writes what he wants into it, under any time, and goes on doing so through a
// descriptor or a mapping when it is not his any more. So root gives away nothing that somebody
// else could write, and lets nobody's content run with the rights of another. True of all but
// files.
bool may_change_hands(const FileStatus& wanted, const FileStatus& found, const Policy& policy);

// Whether the replica's file may get the metadata of the source's where it is. The right to run as
// somebody else is never given to a file that is there: the name may be another file's by then. So
// where either side has it the file is written anew, and the old one can be had back. True of all
// but files.
bool may_change_in_place(const FileStatus& wanted, const FileStatus& found, const Policy& policy);

// The operation that carries a decision out. Requires: it asks for one.
Op op_of(Decision decision);

// The comparison once content has been compared.
Comparison decide_by_content(const Comparison& asked, bool equal);

}  // namespace foldersync
