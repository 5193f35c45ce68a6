// What turns out, while a plan is applied, to be more than the replica's file system can hold.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apply/look/report.h"
#include "core/file_system_limits.h"
#include "core/file_time.h"
#include "core/result.h"

namespace foldersync {

// What a file system may refuse to hold.
enum class Denied : std::uint8_t {
  kOwners,
  kGroups,  // of who may not give owners
  kModes,
  kTimes,
  kLinkOwners,  // of symlinks, while others have them
  kLinkTimes,
};

// What could not be mirrored as it is, beside what the limits say.
struct Losses {
  bool lacks_xattrs = false;   // the file system has none of some kind (ENOTSUP)
  bool denied_xattrs = false;  // it has refused some for another reason
  bool metadata = false;       // something was refused to an entry, and not to one of our own
  // What was changed under one of its names is not what its other names stand for any more: so do
  // overlays without an index of links.
  bool parted_links = false;
};

// Learns from what was set and read back on objects that nobody else can change. Any thread.
// `path`: of the entry that shows it, for people; bytes, empty for the root.
class LimitBook {
 public:
  explicit LimitBook(const FileSystemLimits& known) : limits_(known) {}

  [[nodiscard]] FileSystemLimits limits() const;

  // `error_number`: what it said; 0: nothing, and it did nothing.
  void saw_denial(Denied what, int error_number, std::string_view path);
  // Of ids that it does not take, while it takes others.
  void saw_denied_uid(std::uint32_t uid, std::string_view path);
  void saw_denied_gid(std::uint32_t gid, std::string_view path);
  // The answer: whether the limits explain it by now.
  bool saw_mtime(FileTime wanted, FileTime found, std::string_view path);
  // Its files have another group in the replica, which lost rights.
  void saw_foreign_group(std::uint32_t gid, std::string_view path);
  // An attribute that the source has, named by the error. ENOTSUP: the file system has none of its
  // kind, which is told once; anything else is of this one entry.
  void saw_denied_xattr(const Error& refused, std::string_view path);
  // What was refused to this entry, and not to another one of our own.
  void saw_loss(const Error& refused, std::string_view path);
  // The refusal, of an entry that was told of.
  [[nodiscard]] std::optional<Error> loss_of(std::string_view path) const;
  // A file with so many names gets no other one: as below.
  void saw_most_names(std::uint32_t names);
  void saw_links_part();
  [[nodiscard]] Losses losses() const;

  // A number for each that asks.
  std::uint64_t next_number();

  // A sentence for each kind that was learned, each once.
  std::vector<std::string> take_news();
  void tell_news(ApplyObserver& observer);

 private:
  void tell(const std::string& kind, std::string sentence);
  void tell_of_entry(const std::string& kind, std::string sentence);

  mutable std::mutex mutex_;
  FileSystemLimits limits_;
  Losses losses_;
  std::map<std::string, Error, std::less<>> lost_;  // metadata, by path
  std::uint64_t number_ = 0;
  std::map<std::string, std::uint64_t> told_;  // how often, by kind
  std::vector<std::string> news_;
};

}  // namespace foldersync
