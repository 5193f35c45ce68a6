// From what the file system says to what a plan records, and back: do two records agree?
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_status.h"
#include "core/file_system_limits.h"
#include "plan/action.h"
#include "plan/mirrored_fields.h"

namespace foldersync {

// Who plans and what the replica's file system can hold: decides which facts count.
struct Policy {
  bool as_root = false;        // devices can be made and owners be given
  bool mirrors_owners = true;  // as root: false where the plan leaves owners alone
  std::uint32_t uid = 0;       // effective ids of the process: owners of what a plain user creates
  std::uint32_t gid = 0;
  bool checksum = false;  // content decides even where size and mtime agree
  FileSystemLimits limits;
  bool no_setid = false;  // files are wanted without set-user-ID and set-group-ID bits

  // Sorted: those that the process may give its files; empty: not known, and none is given. Where
  // owners are given they don't count.
  std::vector<std::uint32_t> groups = {};
  MirroredFields fields = {};
  std::uint32_t umask = 0077;  // of who applies: what new entries lack where modes are not mirrored

  // When the run began that read the source last; nothing: not known. See compare().
  std::optional<FileTime> last_look = std::nullopt;
  bool source_is_local = false;  // its times of change are of this system's clock

  bool may_make_devices = true;  // as root: false where the system forbids it, as in containers

  [[nodiscard]] bool makes_devices() const { return as_root && may_make_devices; }
  [[nodiscard]] bool owners() const { return as_root && mirrors_owners && limits.holds_owners; }
  [[nodiscard]] bool only_groups() const {
    return !as_root && mirrors_owners && limits.holds_owners && !limits.refuses_groups &&
           !groups.empty();
  }
  [[nodiscard]] bool can_give(std::uint32_t group) const {
    return only_groups() && limits.takes_gid(group) &&
           std::binary_search(groups.begin(), groups.end(), group);
  }
  // Whether an entry of the replica is to have the owner that `source` has; and its group, where
  // owners are mirrored. An owner counts only together with its group.
  [[nodiscard]] bool gives_group(const FileStatus& source) const {
    return owners() && limits.takes_gid(source.gid) &&
           !(limits.refuses_link_owners && source.type == FileType::kSymlink);
  }
  [[nodiscard]] bool gives_owner(const FileStatus& source) const {
    return gives_group(source) && limits.takes_uid(source.uid);
  }
  // Whether it is to have the modification time.
  [[nodiscard]] bool gives_time(FileType type) const {
    return !limits.refuses_times && !(limits.refuses_link_times && type == FileType::kSymlink) &&
           !(fields.omit_dir_times && type == FileType::kDirectory);
  }
};

// What the source's entry is to all that follows, comparison and applying: its status with the
// metadata that the replica's entry shall have by `policy.fields`, where the process may give it.
// Whoever reads a status of the source to mirror it asks this at once, and once.
//
// `there`: the entry of the replica that it stays, or, as kept_by_new() has it, whose place one of
// the same type takes; its fields stay where they are not mirrored. Null: it is new. Then it
// belongs to the process, its group is that of the directory `parent` where that hands it down
// (set-group-ID; null: it does not), its mode the source's less the umask, and a directory hands
// down what `parent` does. Rights of its own (suid, sgid of files) an entry has only where owner or
// group are the source's; and where groups are not mirrored, another group gets no more than
// everybody has, but for what chmod gives.
FileStatus as_wanted(const FileStatus& source, const FileStatus* there, const Policy& policy,
                     const FileStatus* parent = nullptr);

// What of `there` an entry keeps that takes its place: owner and group as far as the process may
// give them. Nothing where it belongs to neither the caller nor the owner that `source`, as it is
// in the source, has or gets: such a person does not say who may read content of others.
std::optional<FileStatus> kept_by_new(const FileStatus& source, const FileStatus& there,
                                      const Policy& policy);

// The group that the entry `there` of the replica shall have: the source's, where the process may
// give it and the file system takes it; else its own.
std::uint32_t wanted_group(const FileStatus& source, const FileStatus& there, const Policy& policy);

// The mode that the entry `there` of the replica shall have. Where its owner is not mirrored, suid
// and the sgid of files are given only if the owner is the same; with `no_setid` to no file. Where
// its group is another one than the source's, it gets no more than everybody has. A process that is
// no member of the group can only leave sgid as it is.
std::uint32_t wanted_mode(const FileStatus& source, const FileStatus& there, const Policy& policy);

// What the replica holds: `before`. `target` is of a symlink. A directory's mtime is left out,
// since it changes with every child.
Facts found_facts(const FileStatus& status, std::string_view target, const Policy& policy);

// What the replica shall hold: `after`. `replica` is the entry whose owner stays, null where a new
// one is made. A directory's mtime is left out; finish actions add it by want_time().
Facts wanted_facts(const FileStatus& source, std::string_view target, const FileStatus* replica,
                   const Policy& policy);

void want_time(Facts& after, const FileStatus& source, const Policy& policy);

struct Difference {
  std::string field;     // "type", "size", "mtime" ...: the words of the plan document
  std::string expected;  // as the plan document prints it
  std::string found;

  friend bool operator==(const Difference&, const Difference&) = default;
};

// The fields of `expected` that `found` does not fulfil; fields that are absent in either do not
// count, and neither do `md5` and `links`. Times and ids count as far as `limits` lets them be
// held. A directory that a run was changing when it was killed is not different for the u+rwx it
// got.
std::vector<Difference> differences(const Facts& expected, const Facts& found,
                                    const FileSystemLimits& limits);

// "0755", of the lowest twelve bits.
std::string mode_text(std::uint32_t mode);
// A device number as the document has it: "8:1", major and minor in decimal.
std::string device_text(std::uint64_t device);

}  // namespace foldersync
