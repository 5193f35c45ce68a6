#include "planner/admission.h"

#include <algorithm>
#include <cerrno>

#include "fs/left_names.h"
#include "plan/refused_type.h"

namespace foldersync {
namespace {

constexpr std::string_view kLostAndFound = "lost+found";

bool is_device(const FileStatus& status) {
  return status.type == FileType::kCharDevice || status.type == FileType::kBlockDevice;
}

// Whether a side met the root of the other one.
bool meets(const ListedEntry* entry, const FileStatus& root) {
  return entry != nullptr && entry->status.is_directory() && same_number(entry->status, root);
}

}  // namespace

bool Admission::is_own_of_file_system(const ListedEntry& entry, Side side) const {
  const std::string_view name = entry.name;
  // What the source's file system has under such a name may come from a mount of it elsewhere.
  const bool may_be_left =
      side == Side::kSource || context_.replica_hashes.sharing == Sharing::kShared;
  if (may_be_left && name.starts_with('.') && entry.error_number == 0 && entry.status.is_file() &&
      is_left_name(name)) {
    return true;
  }
  if (name != kLostAndFound) return false;
  return (pair_.source.self != nullptr && pair_.source.self->mount_root) ||
         (pair_.replica.self != nullptr && pair_.replica.self->mount_root);
}

bool Admission::is_left_out(std::string_view name) const {
  if (context_.options.left_out.empty()) return false;
  const std::string_view directory = pair_.path;
  return std::any_of(context_.options.left_out.begin(), context_.options.left_out.end(),
                     [&](std::string_view path) {
                       if (directory.empty()) return path == name;
                       return path.size() == directory.size() + 1 + name.size() &&
                              path.starts_with(directory) && path.ends_with(name) &&
                              path[directory.size()] == '/';
                     });
}

bool Admission::is_excluded(const ListedEntry& entry) const {
  return has_filters_ &&
         context_.filter.excludes(pair_.path, entry.name, entry.status.is_directory(), local_);
}

// Of what the source's own rules or a list leave alone nobody knows when the plan is applied. A
// directory that holds such things is not moved as a whole.
void Admission::leave_out(Named& named) {
  if (local_ == nullptr && context_.options.listed == 0) return;
  named.source_is_left_out = true;
  RelPath directory = path_of(pair_, ".");
  std::vector<RelPath>& in_place = findings_.in_place;
  if (in_place.empty() || in_place.back() != directory) in_place.push_back(std::move(directory));
}

// Whether it is a file that is left alone, whatever it is called. Of a pair the source's entry is
// asked, so that a file that has shrunk is mirrored.
bool Admission::is_out_of_bounds(const ListedEntry& entry) const {
  return has_bounds_ && entry.error_number == 0 && context_.filter.excludes_file(entry.status);
}

bool Admission::mirrors(const ListedEntry& source) const {
  return !is_staging_name(source.name) && !is_left_out(source.name) &&
         !is_own_of_file_system(source, Side::kSource) && !is_excluded(source) &&
         !is_out_of_bounds(source);
}

bool Admission::protects(const ListedEntry& replica) const {
  return is_staging_name(replica.name) || is_left_out(replica.name) ||
         is_own_of_file_system(replica, Side::kReplica) ||
         ((is_excluded(replica) || is_out_of_bounds(replica)) && !context_.options.delete_excluded);
}

// Whether the name is the program's own or the file system's.
bool Admission::is_own(const ListedEntry& entry, Side side, bool in_replica) {
  const std::string_view name = entry.name;
  const bool left_out = is_left_out(name);
  if (!left_out && !is_own_of_file_system(entry, side)) return false;
  findings_.skipped.push_back({path_of(pair_, name), left_out ? "own-file" : "file-system-own"});
  if (in_replica) keep(name);
  return true;
}

// The entry could not be examined, or has vanished since it was listed.
void Admission::tell_unknown(Side side, const ListedEntry& entry, bool in_replica) {
  // Where the source's went may have been passed already: what the replica has stays for this time.
  if (side == Side::kSource && entry.error_number == ENOENT) {
    if (!in_replica) return;
    keep(entry.name);
    findings_.skipped.push_back({path_of(pair_, entry.name), "vanished"});
    return;
  }
  findings_.add_problem(side, path_of(pair_, entry.name), system_error("stat", entry.error_number));
  if (side == Side::kSource) findings_.unread_directories.push_back(path_of(pair_, entry.name));
  if (in_replica) keep(entry.name);
}

// Whether the source's entry is to be mirrored.
bool Admission::admit_source(const ListedEntry& entry, Named& named) {
  if (is_staging_name(entry.name)) {
    findings_.skipped.push_back({path_of(pair_, entry.name), "reserved-name"});
    return false;
  }
  if (is_excluded(entry)) {
    leave_out(named);
    return false;
  }
  if (context_.options.one_file_system && entry.status.mount != context_.source_root.mount) {
    findings_.skipped.push_back({path_of(pair_, entry.name), "other-file-system"});
    named.source_is_mirrored_below = false;
    return entry.status.is_directory();
  }
  ++findings_.source_entries;
  if (entry.status.is_directory()) ++findings_.source_directories;
  return true;
}

// Whether the replica's entry may be compared and changed. What may not keeps its parents.
bool Admission::admit_replica(const ListedEntry& entry) {
  if (is_staging_name(entry.name)) {
    keep(entry.name);
    findings_.leftovers.push_back(path_of(pair_, entry.name));
    return false;
  }
  if (!context_.options.delete_excluded && is_excluded(entry)) {
    keep(entry.name);
    return false;
  }
  ++findings_.replica_entries;
  return true;
}

// Whether the replica's directory is a part of its file system that has a device number of its own,
// and can't be changed: a read-only snapshot.
bool Admission::is_read_only_part(const Named& named) const {
  return named.replica->is_directory() && named.replica->device != pair_.replica.self->device &&
         pair_.replica.here->is_read_only(named.name.data());
}

// Whether what both trees hold under the name is left alone, for a reason that is recorded. What
// the replica can't hold is taken for missing where it has something else of that name.
bool Admission::is_left_alone(Named& named) {
  const auto left = [&] {
    if (named.replica != nullptr) keep(named.name);
    return true;
  };
  if (named.source == nullptr && !context_.options.remove_extra) return left();
  if (named.replica != nullptr && named.replica->mount != context_.replica_root.mount &&
      !context_.options.cross_mounts) {
    findings_.add_problem(Side::kReplica, path_of(pair_, named.name),
                          system_error("enter mount", EXDEV));
    return left();
  }
  const bool is_directory_of_both = named.source != nullptr && named.source->is_directory();
  if (named.replica != nullptr && !is_directory_of_both && is_read_only_part(named)) {
    findings_.add_problem(Side::kReplica, path_of(pair_, named.name),
                          system_error("remove a read-only subvolume", EROFS));
    return left();
  }
  const bool makes_devices = context_.policy.makes_devices() && !context_.options.no_devices;
  if (named.source != nullptr && is_device(*named.source) && !makes_devices) {
    findings_.skipped.push_back({path_of(pair_, named.name), "device"});
    return left();
  }
  if (named.source != nullptr && is_refused_type(named.source->type, context_.policy.limits)) {
    findings_.skipped.push_back({path_of(pair_, named.name), "not-held"});
    findings_.hides = true;
    const bool has_other = named.replica != nullptr && named.replica->type != named.source->type;
    if (!has_other || !context_.options.remove_extra) return left();
    named.source = nullptr;
  }
  return false;
}

Result<std::optional<Named>> Admission::admit(const ListedEntry* source,
                                              const ListedEntry* replica) {
  constexpr std::optional<Named> kNothing;
  const ListedEntry& any = source != nullptr ? *source : *replica;
  Named named{.name = any.name, .source_is_left_out = pair_.source_is_left_out};
  const bool in_replica = replica != nullptr;
  const Side side = source != nullptr ? Side::kSource : Side::kReplica;
  if (is_own(any, side, in_replica)) return kNothing;
  if (source != nullptr && source->error_number != 0) {
    tell_unknown(Side::kSource, *source, in_replica);
    return kNothing;
  }
  if (in_replica && replica->error_number != 0) {
    tell_unknown(Side::kReplica, *replica, in_replica);
    return kNothing;
  }
  if (context_.is_one_system &&
      (meets(source, context_.replica_root) || meets(replica, context_.source_root))) {
    return refused_error("walk", "one of the two folders lies inside the other, through a mount")
        .at(path_of(pair_, named.name).shown());
  }
  if (in_replica && is_out_of_bounds(any) && !context_.options.delete_excluded) {
    keep(named.name);
    return kNothing;
  }
  if (source != nullptr && is_out_of_bounds(*source)) source = nullptr;
  if (in_replica && admit_replica(*replica)) named.replica = &replica->status;
  if (source != nullptr && admit_source(*source, named)) named.source = &source->status;
  if (!named.source_is_mirrored_below && named.source == nullptr && in_replica) {
    // A file of another file system is left out: what the replica has there stays.
    keep(named.name);
    return kNothing;
  }
  const bool replica_is_protected = in_replica && named.replica == nullptr;
  if (replica_is_protected && named.source != nullptr) {
    findings_.add_problem(Side::kReplica, path_of(pair_, named.name),
                          system_error("replace an excluded entry", EEXIST));
    return kNothing;
  }
  if (named.source == nullptr && named.replica == nullptr) return kNothing;
  if (is_left_alone(named)) return kNothing;
  return std::optional(named);
}

}  // namespace foldersync
