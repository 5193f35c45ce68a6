#include "state/history.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "core/text.h"
#include "fs/copy.h"
#include "fs/named_file.h"
#include "state/state_folder.h"

namespace foldersync {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{512} << 10U;  // of one file; there are two
constexpr std::size_t kTail = std::size_t{16} << 10U;
constexpr std::string_view kNewer = ".jsonl";
constexpr std::string_view kOlder = ".old.jsonl";
constexpr std::string_view kLoop = ".loop";

std::string folder_of(const std::string& state) { return state + "/history"; }
std::string path_of(const std::string& state, const std::string& name, std::string_view end) {
  return folder_of(state) + "/" + name + std::string(end);
}

Error as_state_error(Error error) {
  error.code = ErrorCode::kState;
  return error;
}

// One byte, by which a line or a loop is held.
struct flock byte_at(short kind, std::uint64_t at) {
  struct flock place {};
  place.l_type = kind;
  place.l_whence = SEEK_SET;
  place.l_start = static_cast<off_t>(at);
  place.l_len = 1;
  return place;
}

bool is_held(int fd, std::uint64_t at) {
  struct flock place = byte_at(F_WRLCK, at);
  return ::fcntl(fd, F_OFD_GETLK, &place) == 0 && place.l_type != F_UNLCK;
}

std::string read_from(int fd, std::uint64_t at) {
  std::string text;
  std::array<char, 64 << 10U> piece{};
  for (;;) {
    const ssize_t count =
        ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(at + text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || text.size() > 2 * kMostBytes) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// Calls `take(line, place)` of each whole line.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return;
    take(text.substr(at, end - at), at);
    at = end + 1;
  }
}

// Only in a state folder that nobody else can write to or exchange, as for the databases.
Result<Fd> open_file(FileSystem& fs, const std::string& state, const std::string& path) {
  TRY(StateFolder::open(fs, state));
  auto fd = open_to_append(fs, path);
  if (fd || fd.error().error_number != ENOENT) return fd;
  TRY(StateFolder::open(fs, folder_of(state)));
  return open_to_append(fs, path);
}

// The names of pairs that have files.
Result<std::set<std::string>> names_in(const std::string& folder) {
  std::set<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), &::closedir);
  if (!open && errno == ENOENT) return names;
  if (!open) return system_error("open", errno).at(folder);
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(open.get());
    if (entry == nullptr && errno != 0) return system_error("read", errno).at(folder);
    if (entry == nullptr) return names;
    const std::string_view name(entry->d_name);
    if (name.ends_with(kNewer)) names.emplace(name.substr(0, name.find('.')));
  }
}

// What can't be read of it is not there.
void read_lines(FileSystem& fs, const std::string& path, std::vector<HistoryLine>& lines) {
  const auto file = open_to_read(fs, path, LastLink::kKeep);
  const bool is_ours =
      file && file->status.is_file() && (file->status.uid == 0 || file->status.uid == ::geteuid());
  if (!is_ours) return;
  const std::string text = read_from(file->fd.get(), 0);
  for_each_line(text, [&](std::string_view line, std::size_t at) {
    lines.push_back({std::string(line), is_held(file->fd.get(), at)});
  });
}

}  // namespace

// FNV-1a. Where two pairs have one name they share files, and their lines tell them apart.
std::string history_name(std::string_view key) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char byte : key) hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
  std::array<unsigned char, 8> bytes{};
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] = static_cast<unsigned char>(hash >> (56 - 8 * at));
  }
  return to_hex(bytes);
}

Result<HistoryFile> HistoryFile::open(FileSystem& fs, const std::string& state,
                                      const std::string& name) {
  const std::string path = path_of(state, name, kNewer);
  auto fd = open_file(fs, state, path);
  if (!fd) return as_state_error(std::move(fd).error());
  HistoryFile file(std::move(*fd));
  struct stat status {};
  if (::fstat(file.fd_.get(), &status) < 0) return as_state_error(system_error("fstat", errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t from = size - std::min<std::uint64_t>(size, kTail);
  const std::string tail = read_from(file.fd_.get(), from);
  for_each_line(tail,
                [&](std::string_view line, std::size_t) { file.last_lines_.emplace_back(line); });
  // A line that a kill cut off is none.
  if (!tail.empty() && tail.back() != '\n') TRY(file.add(""));
  if (size < kMostBytes) return file;
  // RACE: another process may do the same just now, and what it has begun takes the place of the
  // older file: the history is shorter then.
  if (::rename(path.c_str(), path_of(state, name, kOlder).c_str()) < 0)
    return as_state_error(system_error("rename", errno).at(path));
  auto newer = open_file(fs, state, path);
  if (!newer) return as_state_error(std::move(newer).error());
  file.fd_ = std::move(*newer);
  return file;
}

Status HistoryFile::add(std::string_view line) {
  Status written = write_all(fd_.get(), std::string(line) + "\n");
  if (!written) return as_state_error(std::move(written).error());
  const off_t end = ::lseek(fd_.get(), 0, SEEK_CUR);
  if (end < 0) return as_state_error(system_error("lseek", errno));
  line_at_ = static_cast<std::uint64_t>(end) - line.size() - 1;
  return success();
}

void HistoryFile::hold() {
  struct flock place = byte_at(F_WRLCK, line_at_);
  (void)::fcntl(fd_.get(), F_OFD_SETLK, &place);
}

Result<Fd> hold_loop(FileSystem& fs, const std::string& state, const std::string& name) {
  auto fd = TRY(open_file(fs, state, path_of(state, name, kLoop)));
  struct flock place = byte_at(F_RDLCK, 0);
  if (::fcntl(fd.get(), F_OFD_SETLK, &place) < 0) return system_error("lock", errno);
  return fd;
}

Result<std::vector<HistoryOfPair>> read_history(FileSystem& fs, const std::string& state) {
  std::vector<HistoryOfPair> all;
  for (const std::string& name : TRY(names_in(folder_of(state)))) {
    HistoryOfPair pair{name, {}, false};
    read_lines(fs, path_of(state, name, kOlder), pair.lines);
    read_lines(fs, path_of(state, name, kNewer), pair.lines);
    const auto loop = open_to_read(fs, path_of(state, name, kLoop), LastLink::kKeep);
    pair.has_loop = loop && is_held(loop->fd.get(), 0);
    all.push_back(std::move(pair));
  }
  return all;
}

Status forget_history(FileSystem& fs, const std::string& state, const std::string& name) {
  const auto folder = TRY(StateFolder::open(fs, folder_of(state)));
  for (const std::string_view end : {kOlder, kNewer, kLoop}) {
    Status removed = folder.remove(name + std::string(end));
    if (!removed && removed.error().error_number != ENOENT) return removed;
  }
  return success();
}

}  // namespace foldersync
