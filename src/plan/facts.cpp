#include "plan/facts.h"

#include <sys/sysmacros.h>

#include <type_traits>

#include "plan/facts_table.h"

namespace foldersync {
namespace {
constexpr std::uint32_t kPermissions = 0777;
constexpr std::uint32_t kGroupAll = 0070;
constexpr std::uint32_t kOthersAll = 0007;
constexpr std::uint32_t kGroupShift = 3;

bool is_device(FileType type) {
  return type == FileType::kCharDevice || type == FileType::kBlockDevice;
}

struct Given {
  std::uint32_t mode = 0;
  std::uint32_t gid = 0;
};

Facts facts(const FileStatus& status, std::string_view target, Given given, const Policy& policy) {
  Facts result;
  result.type = status.type;
  const MirroredFields& fields = policy.fields;
  const bool has_mode = status.type != FileType::kSymlink && !fields.no_perms;
  if (has_mode && policy.limits.holds_modes) result.mode = given.mode;
  if (policy.gives_owner(status) && !fields.no_owner) result.uid = status.uid;
  const bool has_group = policy.gives_group(status) || policy.only_groups();
  if (has_group && !fields.no_group) result.gid = given.gid;
  if (status.is_file()) result.size = status.size;
  if (!status.is_directory()) result.mtime = status.mtime;
  if (status.type == FileType::kSymlink) result.target = std::string(target);
  if (is_device(status.type)) result.device = status.rdev;
  return result;
}

// What another group than the source's may do: no more than everybody.
std::uint32_t as_for_others(std::uint32_t mode) {
  return mode & (~kGroupAll | (mode & kOthersAll) << kGroupShift);
}

bool hands_down(const FileStatus* directory) {
  return directory != nullptr && (directory->mode & kSetGroup) != 0;
}

std::uint32_t mode_of_new(const FileStatus& source, bool has_other_group, const Policy& policy,
                          const FileStatus* parent) {
  const MirroredFields& fields = policy.fields;
  std::uint32_t mode = has_other_group ? as_for_others(source.mode) : source.mode;
  mode = fields.chmod.of(mode, source.is_directory());
  if (!fields.no_perms) return mode;
  mode &= kPermissions & ~policy.umask;
  if (source.is_directory() && hands_down(parent)) mode |= kSetGroup;
  return mode;
}

// Whether it belongs to the caller, or to whom the source's content belongs or is given.
bool is_of_its_owners(const FileStatus& there, const FileStatus& source, const Policy& policy) {
  const FileSystemLimits& limits = policy.limits;
  if (!limits.holds_owners || !limits.takes_uid(policy.uid)) return true;  // nobody's, all of it
  if (there.uid == policy.uid || there.uid == source.uid) return true;
  return policy.owners() && policy.fields.chown.uid == there.uid;
}

}  // namespace

std::optional<FileStatus> kept_by_new(const FileStatus& source, const FileStatus& there,
                                      const Policy& policy) {
  if (!is_of_its_owners(there, source, policy)) return std::nullopt;
  FileStatus kept = there;
  if (!policy.gives_owner(there)) kept.uid = policy.uid;
  if (!policy.gives_group(there) && !policy.can_give(there.gid)) kept.gid = policy.gid;
  if (there.is_directory()) return kept;
  if (kept.uid != there.uid) kept.mode &= ~kSetUser;
  if (kept.gid != there.gid) kept.mode &= ~kSetGroup;
  return kept;
}

FileStatus as_wanted(const FileStatus& source, const FileStatus* there, const Policy& policy,
                     const FileStatus* parent) {
  const MirroredFields& fields = policy.fields;
  FileStatus wanted = source;
  if (fields.are_all()) return wanted;
  FileStatus made;
  made.uid = policy.uid;
  made.gid = policy.gid;
  const bool can_hand_down =
      hands_down(parent) && (policy.gives_group(*parent) || policy.can_give(parent->gid));
  if (can_hand_down) made.gid = parent->gid;
  const FileStatus& own = there != nullptr ? *there : made;
  wanted.uid = fields.no_owner ? own.uid : fields.chown.uid.value_or(source.uid);
  wanted.gid = fields.no_group ? own.gid : fields.chown.gid.value_or(source.gid);
  if (fields.omit_dir_times && source.is_directory() && there != nullptr) {
    wanted.mtime = there->mtime;
  }
  if (source.type == FileType::kSymlink) return wanted;
  // Who will have it in the end.
  const std::uint32_t uid = policy.gives_owner(wanted) ? wanted.uid : own.uid;
  const std::uint32_t gid = wanted_group(wanted, own, policy);
  const bool asks_for_group = fields.chown.gid && gid == *fields.chown.gid;
  const bool has_other_group = gid != source.gid && !asks_for_group;
  wanted.mode = fields.no_perms && there != nullptr
                    ? there->mode
                    : mode_of_new(source, has_other_group, policy, parent);
  if (source.is_directory()) return wanted;
  // Whoever had the file before gave it what it keeps, and not to others.
  const bool keeps_mode = fields.no_perms && there != nullptr;
  if (uid != source.uid || (keeps_mode && there->uid != uid)) wanted.mode &= ~kSetUser;
  if (gid != source.gid || (keeps_mode && there->gid != gid)) wanted.mode &= ~kSetGroup;
  return wanted;
}

std::uint32_t wanted_group(const FileStatus& source, const FileStatus& there,
                           const Policy& policy) {
  if (source.gid == there.gid || policy.gives_group(source)) return source.gid;
  const bool may_give = there.uid == policy.uid && policy.can_give(source.gid);
  return may_give ? source.gid : there.gid;
}

std::uint32_t wanted_mode(const FileStatus& source, const FileStatus& there, const Policy& policy) {
  std::uint32_t mode = source.mode;
  if (policy.no_setid && !source.is_directory()) mode &= ~(kSetUser | kSetGroup);
  if (policy.fields.no_perms) return mode;  // what it is to be already
  const bool is_same_owner = source.uid == there.uid && source.gid == there.gid;
  if (policy.as_root && (is_same_owner || policy.gives_owner(source))) return mode;
  if (there.uid != source.uid) mode &= ~kSetUser;
  const std::uint32_t gid = wanted_group(source, there, policy);
  if (gid != source.gid) {
    if (!source.is_directory()) mode &= ~kSetGroup;
    mode = as_for_others(mode);
  }
  const bool keeps_only = policy.only_groups() && !policy.can_give(gid);
  if (keeps_only && (there.mode & kSetGroup) == 0) mode &= ~kSetGroup;
  return mode;
}

Facts found_facts(const FileStatus& status, std::string_view target, const Policy& policy) {
  return facts(status, target, {status.mode, status.gid}, policy);
}

Facts wanted_facts(const FileStatus& source, std::string_view target, const FileStatus* replica,
                   const Policy& policy) {
  FileStatus made;
  made.uid = policy.uid;
  made.gid = policy.gid;
  const FileStatus& there = replica != nullptr ? *replica : made;
  const Given given{wanted_mode(source, there, policy), wanted_group(source, there, policy)};
  Facts wanted = facts(source, target, given, policy);
  if (!policy.gives_time(source.type)) wanted.mtime.reset();
  return wanted;
}

void want_time(Facts& after, const FileStatus& source, const Policy& policy) {
  if (policy.gives_time(source.type)) after.mtime = source.mtime;
}

std::string mode_text(std::uint32_t mode) {
  std::string text;
  for (unsigned shift = 12; shift > 0;) {
    shift -= 3;
    text += static_cast<char>('0' + (mode >> shift & 7U));
  }
  return text;
}

std::string device_text(std::uint64_t device) {
  return std::to_string(gnu_dev_major(device)) + ":" + std::to_string(gnu_dev_minor(device));
}

namespace {

template <class Field>
constexpr bool is_called(std::string_view name) {
  return Field::name() == name;
}

// Whether what is expected of a field counts. An id that the file system does not take is nobody's
// there, and an owner counts only together with its group.
template <class Field>
bool counts(const Facts& expected, const FileSystemLimits& limits) {
  const bool has_group = !expected.gid || limits.takes_gid(*expected.gid);
  if constexpr (is_called<Field>("gid")) return has_group;
  if constexpr (is_called<Field>("uid")) return has_group && limits.takes_uid(*expected.uid);
  return !is_called<Field>("md5") && !is_called<Field>("links");
}

// Requires: both have the field.
template <class Field>
bool is_held(const Facts& expected, const Facts& found, const FileSystemLimits& limits) {
  if (Field::in(expected) == Field::in(found)) return true;
  if constexpr (is_called<Field>("mtime")) {
    return stored_as(*expected.mtime, limits.times) == stored_as(*found.mtime, limits.times);
  }
  if constexpr (is_called<Field>("mode")) {
    return expected.type == FileType::kDirectory &&
           (*found.mode == (*expected.mode | kOwnerAll) || *found.mode == kOwnerAll);
  }
  return false;
}

template <class Kind, class Value>
std::string printed(const Value& value) {
  if constexpr (std::is_same_v<Kind, kind::Mode>) {
    return mode_text(value);
  } else if constexpr (std::is_same_v<Kind, kind::Device>) {
    return device_text(value);
  } else if constexpr (std::is_same_v<Kind, kind::Bytes>) {
    return value;
  } else if constexpr (std::is_integral_v<Value>) {
    return std::to_string(value);
  } else {
    return to_string(value);
  }
}

// Null: the field is absent.
const FileType* held_in(const FileType& type) { return &type; }
template <class Value>
const Value* held_in(const std::optional<Value>& member) {
  return member ? &*member : nullptr;
}

}  // namespace

std::vector<Difference> differences(const Facts& expected, const Facts& found,
                                    const FileSystemLimits& limits) {
  std::vector<Difference> result;
  FactsTable::each([&]<class Field>(Field) {
    if (!result.empty() && expected.type != found.type) return;  // of other types nothing is alike
    const auto* want = held_in(Field::in(expected));
    const auto* have = held_in(Field::in(found));
    if (want == nullptr || have == nullptr || !counts<Field>(expected, limits)) return;
    if (is_held<Field>(expected, found, limits)) return;
    using Kind = typename Field::Kind;
    result.push_back({std::string(Field::name()), printed<Kind>(*want), printed<Kind>(*have)});
  });
  return result;
}

}  // namespace foldersync
