#include "cli/kept/known_problems.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/console/spool_file.h"
#include "core/hash.h"
#include "core/text.h"
#include "fs/copy.h"

namespace foldersync {
namespace {

// Is carried from one cycle to the next: which file is that of the last one.
constexpr const char* kFile = "known problems";
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20U;
constexpr std::size_t kBufferBytes = 64 * 1024;

// What stands before a line in the file.
struct RecordHead {
  std::uint64_t hash = 0;
  std::uint64_t length = 0;
};

}  // namespace

std::unique_ptr<KnownProblems> KnownProblems::in(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    std::array<Fd, 2> files{nameless_file(folder), nameless_file(folder)};
    const bool are_made = files[0].is_open() && files[1].is_open();
    if (!are_made) continue;
    auto problems = std::unique_ptr<KnownProblems>(new KnownProblems(std::move(files)));
    const auto has_key = ::getrandom(problems->key_.data(), problems->key_.size(), 0) ==
                         static_cast<ssize_t>(problems->key_.size());
    return has_key ? std::move(problems) : nullptr;
  }
  return nullptr;
}

void KnownProblems::begin(const Carried& carried) {
  const std::string before = carried.get(kFile);
  own_ = before == "0" ? 1 : 0;
  known_.clear();
  repeated_ = kept_bytes_ = 0;
  first_.clear();
  buffer_.clear();
  has_told_ = false;
  if (!before.empty()) {
    const bool is_read = for_each(files_[1 - own_].get(),
                                  [this](std::uint64_t hash, auto) { known_.push_back(hash); });
    if (!is_read) known_.clear();
  }
  std::sort(known_.begin(), known_.end());
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  seen_.assign(known_.size(), false);
  fails_ = ::ftruncate(files_[own_].get(), 0) < 0 || ::lseek(files_[own_].get(), 0, SEEK_SET) < 0;
}

std::uint64_t KnownProblems::hash_of(const std::string& key) const {
  const Sha256 whole = hmac_sha256(key_, key);
  std::uint64_t hash = 0;
  std::memcpy(&hash, whole.bytes.data(), sizeof hash);
  return hash;
}

std::size_t KnownProblems::place_of(std::uint64_t hash) const {
  const auto place = std::lower_bound(known_.begin(), known_.end(), hash);
  if (place == known_.end() || *place != hash) return known_.size();
  return static_cast<std::size_t>(place - known_.begin());
}

bool KnownProblems::is_news(const std::string& key, const std::string& line) {
  const std::uint64_t hash = hash_of(key);
  const std::size_t place = place_of(hash);
  const bool is_known = place < known_.size();
  has_told_ = true;
  if (!is_known || !seen_[place]) keep(hash, line);
  if (is_known && !seen_[place]) {
    seen_[place] = true;
    if (++repeated_ == 1) first_ = line;
  }
  return !is_known;
}

void KnownProblems::end(Log& log, Carried& carried, bool was_all_tried) {
  if (!has_told_ && !was_all_tried) return;  // it got nowhere
  if (repeated_ > 0) {
    log.error(human_count(repeated_) +
              (repeated_ == 1 ? " problem as in the cycle before: " + first_
                              : " problems as in the cycle before (first: " + first_ + ")"));
  }
  const auto go_on_with = [&](std::uint64_t hash, std::string_view line) {
    const std::size_t place = place_of(hash);
    if (place == known_.size() || seen_[place]) return;
    seen_[place] = true;
    if (was_all_tried) {
      log.info("no longer: " + std::string(line));
    } else {
      keep(hash, line);
    }
  };
  if (!known_.empty() && !for_each(files_[1 - own_].get(), go_on_with)) fails_ = true;
  flush();
  carried.set(kFile, fails_ ? std::string() : std::to_string(own_));
}

void KnownProblems::keep(std::uint64_t hash, std::string_view line) {
  const RecordHead head{hash, line.size()};
  if (kept_bytes_ + sizeof head + line.size() > kMostBytes) return;
  kept_bytes_ += sizeof head + line.size();
  buffer_.append(reinterpret_cast<const char*>(&head), sizeof head).append(line);
  if (buffer_.size() >= kBufferBytes) flush();
}

void KnownProblems::flush() {
  if (!fails_) fails_ = !write_all(files_[own_].get(), buffer_);
  buffer_.clear();
}

bool KnownProblems::for_each(int file, const Visit& visit) {
  std::string text;
  off_t offset = 0;
  for (std::size_t at = 0;;) {
    RecordHead head;
    if (text.size() - at >= sizeof head) {
      std::memcpy(&head, text.data() + at, sizeof head);
      if (text.size() - at - sizeof head >= head.length) {
        visit(head.hash, std::string_view(text).substr(at + sizeof head, head.length));
        at += sizeof head + head.length;
        continue;
      }
    }
    text.erase(0, std::exchange(at, 0));
    const std::size_t before = text.size();
    text.resize(before + kBufferBytes);
    const ssize_t count = ::pread(file, text.data() + before, kBufferBytes, offset);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno != EINTR) return false;
    if (count == 0) return text.empty();
    offset += std::max<ssize_t>(count, 0);
  }
}

void forget_problems(Carried& carried) { carried.set(kFile, {}); }

}  // namespace foldersync
