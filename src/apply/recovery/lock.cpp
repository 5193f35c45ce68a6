#include "apply/recovery/lock.h"

#include <cerrno>
#include <utility>

#include "core/hash.h"
#include "fs/lock_holder.h"
#include "fs/named_path.h"

namespace foldersync {
namespace {

constexpr const char* kLocks = "locks";   // in the state folder
constexpr std::size_t kMaxCommand = 160;  // bytes of a command line that a person is shown

// Whether the file system knows no such lock, and not: somebody else holds it.
bool lacks_locks(const Error& error) { return lacks_call(error) || is_one_of(error, {ENOLCK}); }

Error held_by_another(const Root& replica, std::string detail) {
  return locked_error("lock", std::move(detail)).at(replica.path);
}

// The file that stands for the replica. It stays for ever: were it removed, two runs could lock two
// files of the same name.
Result<Fd> open_stand_in(FileSystem& fs, const Root& replica, const std::string& state_folder) {
  if (state_folder.empty()) return system_error("open the state folder", ENOENT);
  const auto state = TRY(open_named_folder(fs, state_folder));
  const Status made = fs.make_directory(state.get(), kLocks, kOwnerAll);
  if (!made && made.error().error_number != EEXIST) return made.error();
  const auto folder = TRY(fs.open_directory(state.get(), kLocks));
  Sha256Hasher hasher;
  hasher.update(std::string_view(replica.identity));
  const std::string name = to_string(hasher.finish());
  auto file = fs.create_file(folder.get(), name.c_str(), 0600);
  if (file || file.error().error_number != EEXIST) return file;
  return fs.open_file(folder.get(), name.c_str());
}

Error cannot_be_locked(const Root& replica, const Error& why) {
  return refused_error(
             "lock",
             "the replica's file system knows no locks, and a file in the state folder can't be "
             "locked in its place: name a folder on a local disk with --state",
             why.error_number)
      .at(replica.path);
}

std::string shortened(std::string command) {
  if (command.size() <= kMaxCommand) return command;
  std::size_t end = kMaxCommand;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(command[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  command.resize(end);
  return command + "...";
}

std::string sentence_on(const std::optional<LockHolder>& holder) {
  std::string sentence = "another run is working on this replica: ";
  if (!holder) {
    return sentence +
           "which process it is can't be known from here; --lock-wait SECONDS waits for its end";
  }
  sentence += "process " + std::to_string(holder->process);
  if (holder->command.empty() && !holder->started) {
    sentence += ", which has ended and left the lock to another, or is hidden from here";
  }
  if (!holder->command.empty()) sentence += " (" + shortened(holder->command) + ")";
  if (holder->started) {
    constexpr std::size_t kWholeSeconds = 19;  // "2024-10-27T03:33:20"
    sentence += ", started " + to_string(*holder->started).substr(0, kWholeSeconds) + "Z";
  }
  return sentence + "; --lock-wait SECONDS waits for its end";
}

}  // namespace

Result<LockKind> lock_replica(FileSystem& fs, Root& replica, const std::string& state_folder) {
  const Status locked = fs.lock(replica.fd.get());
  if (locked) return LockKind::kReplica;
  if (locked.error().error_number == EWOULDBLOCK) return held_by_another(replica, {});
  if (!lacks_locks(locked.error())) return Error(locked.error()).at(replica.path);
  auto file = open_stand_in(fs, replica, state_folder);
  if (!file) return cannot_be_locked(replica, file.error());
  replica.lock_file = std::move(*file);
  const Status stands_in = fs.lock(replica.lock_file.get());
  if (stands_in) return LockKind::kStandIn;
  if (stands_in.error().error_number == EWOULDBLOCK) return held_by_another(replica, {});
  return cannot_be_locked(replica, stands_in.error());
}

Error locked_out(FileSystem& fs, const Root& replica) {
  const bool has_stand_in = replica.lock_file.is_open();
  const auto status = fs.status(has_stand_in ? replica.lock_file.get() : replica.fd.get());
  return held_by_another(replica, sentence_on(status ? find_lock_holder(*status) : std::nullopt));
}

}  // namespace foldersync
