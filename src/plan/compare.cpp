#include "plan/compare.h"

namespace foldersync {
namespace {

// Also where the replica can't be given the source's: then it says at least which files may differ.
bool has_other_time(const FileStatus& source, const FileStatus& replica, const Policy& policy) {
  return source.mtime != replica.mtime && stored_as(source.mtime, policy.limits.times) !=
                                              stored_as(replica.mtime, policy.limits.times);
}

ReasonSet metadata_reasons(const FileStatus& source, const FileStatus& replica,
                           const Policy& policy) {
  ReasonSet reasons;
  if (has_other_time(source, replica, policy) && policy.gives_time(source.type)) {
    reasons.add(Reason::kMtime);
  }
  if (source.type != FileType::kSymlink && policy.limits.holds_modes && !policy.fields.no_perms &&
      wanted_mode(source, replica, policy) != replica.mode) {
    reasons.add(Reason::kMode);
  }
  const bool has_owner = source.uid == replica.uid || !policy.gives_owner(source);
  if (!has_owner || wanted_group(source, replica, policy) != replica.gid) {
    reasons.add(Reason::kOwner);
  }
  return reasons;
}

// Whether both of its times are whole seconds, and not before that one.
bool has_whole_seconds_from(const FileStatus& file, std::int64_t second) {
  return file.ctime.nanoseconds == 0 && file.mtime.nanoseconds == 0 &&
         file.mtime.seconds >= second && file.ctime.seconds >= second;
}

// Clocks of file systems lag behind, and FAT knows even seconds only.
constexpr std::int64_t kSlackSeconds = 2;

constexpr std::uint32_t kSecond = 1'000'000'000;
// The kernel's clock for files lags behind the one that runs are dated by, by a hundredth at most.
constexpr std::uint32_t kOwnLag = kSecond / 10;

FileTime earlier(FileTime time, std::uint32_t nanoseconds) {
  if (time.nanoseconds >= nanoseconds) return {time.seconds, time.nanoseconds - nanoseconds};
  return {time.seconds - 1, time.nanoseconds + kSecond - nanoseconds};
}

// Whether something may have happened to the source's file since that look.
bool is_changed_since(const FileStatus& source, FileTime look, const Policy& policy) {
  const bool is_fine = policy.source_is_local && source.ctime.nanoseconds != 0;
  return is_fine ? source.ctime >= earlier(look, kOwnLag)
                 : source.ctime.seconds >= look.seconds - kSlackSeconds;
}

// Whether the replica holds the source's time only as a coarser one, and something has happened to
// the source's file since: it may have changed within one step, or have changed places with a file
// of its size.
bool is_changed_within_a_step(const FileStatus& source, const FileStatus& replica,
                              const Policy& policy) {
  const TimeLimits& times = policy.limits.times;
  const bool is_coarse = times.granularity >= kSecond || times.two_seconds;
  return is_coarse && source.mtime != replica.mtime &&
         is_changed_since(source, *policy.last_look, policy);
}

bool may_hide_a_change(const FileStatus& source, const FileStatus& replica, const Policy& policy) {
  if (!policy.last_look) return false;
  const std::int64_t second = policy.last_look->seconds - kSlackSeconds;
  return has_whole_seconds_from(source, second) || has_whole_seconds_from(replica, second) ||
         is_changed_within_a_step(source, replica, policy);
}

// Permission bits: writing for all but the owner, and running with the rights of owner or group.

Comparison update(Reason why, ReasonSet metadata) {
  ReasonSet reasons{why};
  reasons.add(metadata);
  return {Decision::kUpdate, reasons};
}

}  // namespace

bool is_hidden_by_limits(const FileStatus& source, const FileStatus& replica, const Policy& policy,
                         const Policy& unlimited) {
  return source.type == replica.type &&
         metadata_reasons(source, replica, policy) != metadata_reasons(source, replica, unlimited);
}

bool may_change_hands(const FileStatus& wanted, const FileStatus& found, const Policy& policy) {
  if (!policy.owners() || !wanted.is_file()) return true;
  const bool has_new_owner = wanted.uid != found.uid;
  const bool has_new_group = wanted.gid != found.gid;
  if (has_new_owner && found.uid != 0) return false;
  const std::uint32_t set_ids = wanted_mode(wanted, wanted, policy) & kSetIds;
  if (set_ids == 0) return true;
  const bool gains = has_new_group || has_new_owner || (set_ids & ~found.mode) != 0;
  return !gains || (found.uid == 0 && (found.mode & kOthersWrite) == 0);
}

bool may_change_in_place(const FileStatus& wanted, const FileStatus& found, const Policy& policy) {
  if (!wanted.is_file()) return true;
  const std::uint32_t either = wanted_mode(wanted, found, policy) | found.mode;
  return (either & kSetIds) == 0 && may_change_hands(wanted, found, policy);
}

Comparison compare(const Seen* source, const Seen* replica, const Policy& policy) {
  if (replica == nullptr) return {Decision::kCreate, {Reason::kMissing}};
  if (source == nullptr) return {Decision::kDelete, {Reason::kExtra}};
  const FileStatus& wanted = source->status;
  const FileStatus& found = replica->status;
  if (wanted.type != found.type) return {Decision::kReplace, {Reason::kType}};

  const ReasonSet metadata = metadata_reasons(wanted, found, policy);
  const Decision otherwise = metadata.empty() ? Decision::kUnchanged : Decision::kMetadata;
  switch (wanted.type) {
    case FileType::kFile:
      if (wanted.size != found.size) return update(Reason::kSize, metadata);
      if (!metadata.empty() && !may_change_in_place(wanted, found, policy)) {
        return {Decision::kUpdate, metadata};
      }
      if (wanted.size > 0 &&
          (policy.checksum || metadata.has(Reason::kMtime) ||
           may_hide_a_change(wanted, found, policy) ||
           (policy.limits.refuses_times && has_other_time(wanted, found, policy)))) {
        return {Decision::kContentAsked, metadata};
      }
      break;
    case FileType::kSymlink:
      if (source->target != replica->target) return update(Reason::kTarget, metadata);
      break;
    case FileType::kCharDevice:
    case FileType::kBlockDevice:
      if (wanted.rdev != found.rdev) return update(Reason::kDevice, metadata);
      break;
    default:
      break;
  }
  return {otherwise, metadata};
}

Op op_of(Decision decision) {
  switch (decision) {
    case Decision::kCreate:
      return Op::kCreate;
    case Decision::kReplace:
      return Op::kReplace;
    case Decision::kDelete:
      return Op::kDelete;
    case Decision::kMetadata:
      return Op::kMetadata;
    default:
      return Op::kUpdate;
  }
}

Comparison decide_by_content(const Comparison& asked, bool equal) {
  if (!equal) return update(Reason::kContent, asked.reasons);
  return {asked.reasons.empty() ? Decision::kUnchanged : Decision::kMetadata, asked.reasons};
}

}  // namespace foldersync
