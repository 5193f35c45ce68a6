#include "tree_pairs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>

namespace bench {

void give_up(const char* doing, const std::string& path) {
  const int error = errno;
  std::fprintf(stderr, "%s %s: %s\n", doing, path.c_str(), std::strerror(error));
  std::exit(1);
}

int open_directory(const std::string& path) {
  const int number = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (number < 0) give_up("open", path);
  return number;
}

void Listing::read(int directory, const std::string& path) {
  names_.clear();
  entries_.clear();
  for (;;) {
    const ssize_t bytes = getdents64(directory, buffer_.data(), buffer_.size());
    if (bytes < 0) give_up("getdents64", path);
    if (bytes == 0) return;
    add(buffer_.data(), buffer_.data() + bytes);
  }
}

void Listing::look(int directory, const std::string& path) {
  constexpr unsigned kMask = STATX_TYPE | STATX_MODE | STATX_SIZE | STATX_MTIME;
  for (Entry& entry : entries_) {
    struct statx status;
    if (statx(directory, name(entry), AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, kMask, &status)) {
      give_up("statx", path + '/' + name(entry));
    }
    entry.mode = status.stx_mode;
    entry.size_bytes = status.stx_size;
    entry.mtime_seconds = status.stx_mtime.tv_sec;
    entry.mtime_nanoseconds = status.stx_mtime.tv_nsec;
  }
}

void Listing::sort() {
  std::sort(entries_.begin(), entries_.end(),
            [this](const Entry& a, const Entry& b) { return std::strcmp(name(a), name(b)) < 0; });
}

void Listing::add(const char* record, const char* end) {
  while (record < end) {
    const auto* raw = reinterpret_cast<const dirent64*>(record);
    record += raw->d_reclen;
    const std::string_view name = raw->d_name;
    if (name == "." || name == "..") continue;
    entries_.push_back({static_cast<std::uint32_t>(names_.size()), raw->d_type, 0, 0, 0, 0});
    names_.append(name.data(), name.size() + 1);
  }
}

bool Pairs::take(Pair& pair) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !waiting_.empty() || taken_ == 0; });
  if (waiting_.empty()) return false;
  pair = std::move(waiting_.back());
  waiting_.pop_back();
  ++taken_;
  return true;
}

void Pairs::finish(std::vector<Pair>& found) {
  {
    const std::lock_guard lock(mutex_);
    for (Pair& pair : found) waiting_.push_back(std::move(pair));
    --taken_;
  }
  changed_.notify_all();
  found.clear();
}

void Totals::add(const Totals& more) {
  directories += more.directories;
  others += more.others;
  bytes += more.bytes;
  differences += more.differences;
}

std::optional<Job> job_of(int count, char** arguments) {
  if (count != 3 && count != 4) return std::nullopt;
  Job job{{arguments[1], arguments[2]}};
  if (count == 3) return job;
  const std::string_view text = arguments[3];
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), job.threads);
  const bool right = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!right || job.threads == 0) return std::nullopt;
  return job;
}

void print(const Totals& totals) {
  std::printf("directories %ju others %ju bytes %ju differences %ju\n",
              std::uintmax_t{totals.directories}, std::uintmax_t{totals.others},
              std::uintmax_t{totals.bytes}, std::uintmax_t{totals.differences});
}

}  // namespace bench
