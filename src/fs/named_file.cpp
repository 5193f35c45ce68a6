#include "fs/named_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

#include "fs/denial.h"

namespace foldersync {
namespace {

constexpr int kTries = 10;

Error refused(std::string detail, int error_number = 0) {
  return refused_error("open", std::move(detail), error_number);
}

bool is_ours(const FileStatus& status) { return status.uid == 0 || status.uid == ::geteuid(); }

Status refuse_foreign(const FileStatus& status) {
  if (is_ours(status)) return success();
  return refused("it belongs to somebody else (uid " + std::to_string(status.uid) +
                 "): name another file");
}

// Whether what is open may be written over.
Status refuse_odd(const FileStatus& status) {
  if (!status.is_file()) return refused("it is not a regular file");
  TRY(refuse_foreign(status));
  if (status.links > 1) {
    return refused(
        "it has another name (a hard link), which may be that of another's file: "
        "name another file");
  }
  return success();
}

// Waits from now on, and appends or not.
Status set_flags(int fd, int flags) {
  if (::fcntl(fd, F_SETFL, flags) < 0) return system_error("fcntl", errno);
  return success();
}

Result<Fd> opened_to_append(FileSystem& fs, const NamedPlace& place) {
  auto fd = place.status ? fs.open_for_writing(place.folder.get(), place.name.c_str())
                         : fs.create_file(place.folder.get(), place.name.c_str(), kPrivate);
  if (!fd) return fd;
  const auto status = TRY(fs.status(fd->get()));
  if (place.status) TRY(refuse_odd(status));
  TRY(set_flags(fd->get(), O_APPEND));
  return fd;
}

// A name that nobody guesses.
std::string random_name(const std::string& name) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) < 0) number = static_cast<std::uint64_t>(::getpid());
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), ".%012llx",
                static_cast<unsigned long long>(number & 0xFFFFFFFFFFFFULL));
  return name + text.data();
}

}  // namespace

Result<NamedFile> open_to_read(FileSystem& fs, const std::string& path, LastLink last) {
  auto place = TRY(find_named(fs, path, last));
  if (!place.status) return system_error("open", ENOENT).at(path);
  if (place.is_inherited) {
    return NamedFile{std::move(place.entry), *place.status, true, std::move(place.exchangeable)};
  }
  if (place.status->type == FileType::kSymlink) return system_error("open", ELOOP).at(path);
  if (place.status->is_directory()) return system_error("open", EISDIR).at(path);
  auto fd = TRY(fs.open_file(place.folder.get(), place.name.c_str()).at(path));
  const auto status = TRY(fs.status(fd.get()));
  // RACE: who may exchange the name may have done so since its owner was asked for.
  if (!same_object(status, *place.status)) {
    return refused("somebody has put another file into its place just now").at(path);
  }
  return NamedFile{std::move(fd), status, false, std::move(place.exchangeable)};
}

Result<std::string> read_text(FileSystem& fs, int fd, std::size_t most) {
  std::string text;
  std::array<char, 64 << 10U> piece{};
  for (std::size_t count = 1; count > 0 && text.size() <= most;) {
    count = TRY(fs.read(fd, std::as_writable_bytes(std::span(piece))));
    text.append(piece.data(), count);
  }
  if (text.size() > most) return system_error("read", EFBIG);
  return text;
}

Result<Fd> open_to_append(FileSystem& fs, const std::string& path) {
  for (int tries = 0; tries < kTries; ++tries) {
    const auto place = find_named(fs, path, LastLink::kKeep);
    if (!place && place.error().code == ErrorCode::kRefused) return place.error();
    if (!place) return refused("it can't be opened", place.error().error_number).at(path);
    if (place->status && place->status->type == FileType::kSymlink) {
      auto followed = find_named(fs, path);
      if (followed && followed->is_inherited) return std::move(followed->entry);
      return refused("it is a symbolic link", ELOOP).at(path);
    }
    if (place->status && place->status->is_directory()) {
      return refused("it is not a regular file", EISDIR).at(path);
    }
    auto fd = opened_to_append(fs, *place);
    if (fd) return fd;
    const int number = fd.error().error_number;
    // RACE: made, or removed, since it was looked for.
    if (place->status ? number == ENOENT : number == EEXIST) continue;
    if (fd.error().code == ErrorCode::kRefused) return std::move(fd).error().at(path);
    return refused("it can't be opened", number).at(path);
  }
  return refused("somebody makes and removes it all the time", EEXIST).at(path);
}

NewFile::NewFile(NewFile&& other) noexcept
    : fs_(other.fs_),
      fd_(std::move(other.fd_)),
      folder_(std::move(other.folder_)),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})) {}

NewFile::~NewFile() {
  if (!temporary_.empty() && is_it(temporary_)) {
    (void)fs_->remove_file(folder_.get(), temporary_.c_str());
  }
}

// A device, or what the caller has open.
Result<NewFile> NewFile::open_as_it_is(FileSystem& fs, NamedPlace place, const std::string& path) {
  if (place.is_inherited) return NewFile(fs, std::move(place.entry), Fd(), {});
  if (place.status->type != FileType::kCharDevice) {
    return refused("it is neither a regular file nor a terminal or the like").at(path);
  }
  TRY(refuse_foreign(*place.status).at(path));
  auto fd = TRY(fs.open_for_writing(place.folder.get(), place.name.c_str()).at(path));
  const auto status = TRY(fs.status(fd.get()));
  if (!same_object(status, *place.status)) {
    return refused("somebody has put something else into its place just now").at(path);
  }
  TRY(set_flags(fd.get(), 0));
  return NewFile(fs, std::move(fd), Fd(), {});
}

Result<NewFile> NewFile::begin(FileSystem& fs, const std::string& path) {
  auto place = TRY(find_named(fs, path, LastLink::kKeep));
  const bool is_link = place.status && place.status->type == FileType::kSymlink;
  if (is_link) {
    auto end = find_named(fs, path);
    if (end && (end->is_inherited || (end->status && end->status->type == FileType::kCharDevice))) {
      return open_as_it_is(fs, std::move(*end), path);
    }
  }
  if (place.status && !place.status->is_file() && !is_link) {
    return open_as_it_is(fs, std::move(place), path);
  }
  if (place.status) TRY(refuse_foreign(*place.status).at(path));
  // It is given its name by way of /proc.
  auto nameless = fs.open_above("/proc/self/fd") ? fs.create_nameless(place.folder.get(), kPrivate)
                                                 : Result<Fd>(system_error("open", ENOENT));
  if (nameless) {
    return NewFile(fs, std::move(*nameless), std::move(place.folder), std::move(place.name));
  }
  const std::string temporary = random_name(place.name);
  auto fd = TRY(fs.create_file(place.folder.get(), temporary.c_str(), kPrivate).at(path));
  NewFile file(fs, std::move(fd), std::move(place.folder), std::move(place.name));
  file.temporary_ = temporary;
  return file;
}

// Whether the name leads to this file.
Status NewFile::is_it(const std::string& name) const {
  const auto own = TRY(fs_->status(fd_.get()));
  const auto there = TRY(fs_->status_at(folder_.get(), name.c_str()));
  if (same_object(own, there)) return success();
  return refused("somebody has put something else into its place");
}

Status NewFile::give_temporary_name() {
  for (int tries = 0; tries < kTries; ++tries) {
    const std::string name = random_name(name_);
    Status given = fs_->give_name(fd_.get(), folder_.get(), name.c_str());
    if (given) {
      temporary_ = name;
      return success();
    }
    if (given.error().error_number != EEXIST) return given;
  }
  return system_error("link", EEXIST);
}

Status NewFile::finish() {
  if (!folder_.is_open()) return success();
  TRY(fs_->sync(fd_.get()));
  TRY(give_name());
  return sync_folder();
}

// Where the folder can't be synced by itself, its names are with all of its file system; where that
// is not possible either, they last as far as they do.
Status NewFile::sync_folder() {
  const auto folder = fs_->open_directory(folder_.get(), ".");
  Status synced = folder ? fs_->sync(folder->get()) : Status(folder.error());
  if (synced || (folder && !lacks_call(synced.error()))) return synced;
  synced = fs_->sync_all(fd_.get());
  return synced || lacks_call(synced.error()) ? success() : std::move(synced);
}

Status NewFile::give_name() {
  if (temporary_.empty()) {
    Status given = fs_->give_name(fd_.get(), folder_.get(), name_.c_str());
    if (given || given.error().error_number != EEXIST) return given;
    TRY(give_temporary_name());
  }
  TRY(is_it(temporary_));
  // RACE: who may write in the folder may exchange the temporary name before it is used. What gets
  // the name then is theirs; it is noticed, and the file is not said to be written.
  TRY(fs_->rename(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str(),
                  RenameMode::kReplace));
  temporary_.clear();
  return is_it(name_);
}

}  // namespace foldersync
