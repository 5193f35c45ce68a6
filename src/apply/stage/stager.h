// Making what an action creates, complete with content and metadata, where nobody sees it yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "apply/look/look.h"
#include "apply/stage/attributes.h"
#include "core/result.h"
#include "fs/file_system.h"
#include "fs/patch.h"
#include "fs/place.h"
#include "fs/xattrs.h"

namespace foldersync {

// A new object in a staging folder, ready to be renamed.
struct Staged {
  FileStatus status;        // as it was made
  bool grown = false;       // the source grew while it was copied: this is what it held before
  std::uint64_t bytes = 0;  // of content written: of a clone, what differed from the old copy
  bool hands_down = false;  // a directory: what is made in it would get more than is its own
};

struct Job;

// One thread's workshop; holds a buffer of 256 KiB once it has copied, and another
// once it has patched a clone.
class Stager {
 public:
  Stager(const Job& job, Looker& looker);

  // Makes, as `place`, what `action` creates or writes anew; `look` is the look at it that found
  // that it holds. A directory is made empty, with u+rwx for as long as its children are missing.
  // Of a file that is taken over, `place` is one more name where that can be: no bytes, and nothing
  // of it changes. On an error nothing is left. Error kChanged: the source is no longer what `look`
  // saw, or changes faster than it can be copied (three tries).
  Result<Staged> stage(const Action& action, const LookResult& look, const Place& place);

  // What the last error kChanged was about, where that is a fact of the plan (its MD5). Once.
  std::optional<Drift> take_drift() { return std::exchange(drift_, std::nullopt); }

 private:
  Result<Staged> stage_any(const Action& action, const LookResult& look, const Place& place);
  Result<Staged> stage_own_content(const Action& action, const LookResult& look,
                                   const Place& place);
  std::optional<Staged> take_over(const Action& action, const LookResult& look, const Place& place);
  bool make_durable(const Place& place);
  Result<Staged> stage_file(const Action& action, const LookResult& look, ReadableDirectory& parent,
                            const Place& place);
  Result<Staged> copy_once(const Action& action, const FileStatus& seen, ReadableDirectory& parent,
                           const Place& place);
  Result<OpenedFile> open_same_object(const FileToRead& file);
  bool holds_something(ReadableEntry& file);
  bool is_copied_in_parts(const Action& action, const FileStatus& source) const;
  [[nodiscard]] bool may_be_cloned(const Action& action, const FileStatus& source) const;
  Result<std::optional<Staged>> clone_and_patch(const Action& action, const OpenedFile& from,
                                                const Place& place);
  Result<Staged> copy_in_parts(const Action& action, const OpenedFile& from, const Place& place);
  Result<Staged> copy_into(const Action& action, const OpenedFile& opened, int to,
                           std::uint64_t start);
  Result<Staged> complete_copy(const Action& action, const OpenedFile& opened, int to,
                               Patched content);
  Status complete(Fd to);
  bool is_known_problem(const RelPath& path) const;
  Result<Staged> stage_directory(const Action& action, const LookResult& look, const Place& place);
  Result<Staged> stage_other(const Action& action, const LookResult& look, const FileToRead& source,
                             const Place& place);
  [[nodiscard]] AttributeRequest request_for(const Action& action, Handle to,
                                             const FileStatus& wanted,
                                             const std::vector<Xattr>& xattrs) const;
  Status keep_acls(const Action& action, bool is_there, std::uint32_t mode,
                   std::vector<Xattr>& xattrs);

  const Job& job_;
  FileSystem& fs_;
  Looker& looker_;
  std::vector<std::byte> buffer_;
  Md5Hasher hasher_;
  std::optional<Drift> drift_;
  std::vector<std::byte> other_buffer_;
  const FileStatus* old_ = nullptr;             // the replica's file that will be replaced, or null
  bool keeps_metadata_ = true;                  // of that file, where it is not mirrored
  const FileStatus* metadata_ = nullptr;        // that is wanted; null: the source's own
  const std::vector<Xattr>* xattrs_ = nullptr;  // likewise
};

}  // namespace foldersync
