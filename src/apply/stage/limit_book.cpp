#include "apply/stage/limit_book.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/text.h"

namespace foldersync {
namespace {

// Beyond that it holds none.
constexpr std::size_t kMostIds = 1000;
// How many entries are named where each lost something by itself.
constexpr std::uint64_t kMostNamed = 20;

std::string quoted(std::string_view path) {
  return "'" + (path.empty() ? std::string(".") : escaped(path)) + "'";
}

std::string text_of(int error_number) {
  return error_number == 0 ? "it says nothing" : std::strerror(error_number);
}

// Keeps the ids ascending; false where it is there already.
bool add_id(std::vector<std::uint32_t>& ids, std::uint32_t id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id);
  if (place != ids.end() && *place == id) return false;
  ids.insert(place, id);
  return true;
}

// What it is called, and which limit says so.
struct DeniedTraits {
  Denied value;
  const char* word;
  bool FileSystemLimits::*limit;
  bool is_denied_by;  // so the limit is then
};
constexpr std::array kDenied{
    DeniedTraits{Denied::kOwners, "owners", &FileSystemLimits::holds_owners, false},
    DeniedTraits{Denied::kGroups, "other groups of files that are yours",
                 &FileSystemLimits::refuses_groups, true},
    DeniedTraits{Denied::kModes, "permission bits", &FileSystemLimits::holds_modes, false},
    DeniedTraits{Denied::kTimes, "modification times (content is compared in each run)",
                 &FileSystemLimits::refuses_times, true},
    DeniedTraits{Denied::kLinkOwners, "owners of symlinks", &FileSystemLimits::refuses_link_owners,
                 true},
    DeniedTraits{Denied::kLinkTimes, "modification times of symlinks",
                 &FileSystemLimits::refuses_link_times, true}};

}  // namespace

FileSystemLimits LimitBook::limits() const {
  const std::lock_guard lock(mutex_);
  return limits_;
}

std::uint64_t LimitBook::next_number() {
  const std::lock_guard lock(mutex_);
  return ++number_;
}

// Requires: mutex_ is held.
void LimitBook::tell(const std::string& kind, std::string sentence) {
  if (told_[kind]++ == 0) news_.push_back(std::move(sentence));
}

// Requires: mutex_ is held.
void LimitBook::tell_of_entry(const std::string& kind, std::string sentence) {
  const std::uint64_t before = told_[kind]++;
  if (before < kMostNamed) news_.push_back(std::move(sentence));
  if (before == kMostNamed) news_.emplace_back("and so it is with others, which are not named");
}

void LimitBook::saw_denial(Denied what, int error_number, std::string_view path) {
  const std::lock_guard lock(mutex_);
  const DeniedTraits& denied = kDenied[static_cast<std::size_t>(what)];
  limits_.*denied.limit = denied.is_denied_by;
  if (what == Denied::kTimes) limits_.times = {};
  const std::string name = denied.word;
  tell(name, "the replica's file system does not hold " + name + " (" + text_of(error_number) +
                 "), as of " + quoted(path) + ": they are not mirrored");
}

void LimitBook::saw_denied_uid(std::uint32_t uid, std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (!add_id(limits_.refused_uids, uid)) return;
  if (limits_.refused_uids.size() > kMostIds) limits_.holds_owners = false;
  tell("uid", "the replica's file system, or the user namespace, does not take every owner (" +
                  std::to_string(uid) + ", for one, of " + quoted(path) +
                  "): such entries are the caller's own there, without the rights of their owner");
}

void LimitBook::saw_denied_gid(std::uint32_t gid, std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (!add_id(limits_.refused_gids, gid)) return;
  if (limits_.refused_gids.size() > kMostIds) limits_.holds_owners = false;
  tell("gid", "the replica's file system, or the user namespace, does not take every group (" +
                  std::to_string(gid) + ", for one, of " + quoted(path) +
                  "): such entries have another one there, which gets no more than everybody has");
}

bool LimitBook::saw_mtime(FileTime wanted, FileTime found, std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (limits_.refuses_times || stored_as(wanted, limits_.times) == found) return true;
  const TimeLimits before = limits_.times;
  limits_.times = learn(before, wanted, found);
  if (limits_.times == before) return false;
  tell("mtime", "the replica's file system can't hold every modification time exactly, as of " +
                    quoted(path) + ": times are compared as far as it can");
  return stored_as(wanted, limits_.times) == found;
}

void LimitBook::saw_foreign_group(std::uint32_t gid, std::string_view path) {
  const std::lock_guard lock(mutex_);
  tell("foreign group", "what belongs to a group that you can't give (" + std::to_string(gid) +
                            ", of " + quoted(path) +
                            ", for one) has another group in the replica, which gets no more than "
                            "everybody has");
}

Losses LimitBook::losses() const {
  const std::lock_guard lock(mutex_);
  return losses_;
}

void LimitBook::saw_most_names(std::uint32_t names) {
  // No file system in use takes fewer: whoever serves it made that up, or it is something else.
  constexpr std::uint32_t kFewest = 100;
  if (names < kFewest) return;
  const std::lock_guard lock(mutex_);
  limits_.most_names = names;
  losses_.parted_links = true;
  tell("most names", "a file of the replica's file system can't have more than " +
                         human_count(names) + " names: the others are names of another file");
}

void LimitBook::saw_links_part() {
  const std::lock_guard lock(mutex_);
  losses_.parted_links = true;
  tell("parted links",
       "a file of several names became one of its own where it was changed, as on overlays without "
       "an index: its other names need another plan");
}

void LimitBook::saw_denied_xattr(const Error& refused, std::string_view path) {
  const std::lock_guard lock(mutex_);
  const std::string of = quoted(path);
  if (refused.error_number == ENOTSUP) {
    losses_.lacks_xattrs = true;
    return tell("no xattr",
                "the replica's file system holds no extended attributes or ACLs, or not of every "
                "kind, as " +
                    refused.detail + " of " + of + ": content is mirrored without them");
  }
  losses_.denied_xattrs = true;
  tell_of_entry("xattr",
                "the replica's file system refuses extended attributes or ACLs: " + refused.detail +
                    " of " + of + " is not mirrored (" + text_of(refused.error_number) + ")");
}

void LimitBook::saw_loss(const Error& refused, std::string_view path) {
  const std::lock_guard lock(mutex_);
  losses_.metadata = true;
  lost_.emplace(path, refused);
  const std::string call = refused.operation;
  tell_of_entry("loss " + call,
                quoted(path) + " is mirrored, but not all of its metadata: " + call + " says " +
                    text_of(refused.error_number) + "; the next run tries again");
}

std::optional<Error> LimitBook::loss_of(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto loss = lost_.find(path);
  return loss == lost_.end() ? std::nullopt : std::optional(loss->second);
}

std::vector<std::string> LimitBook::take_news() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

void LimitBook::tell_news(ApplyObserver& observer) {
  for (const std::string& sentence : take_news()) observer.warn(sentence);
}

}  // namespace foldersync
