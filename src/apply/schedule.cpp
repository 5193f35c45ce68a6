#include "apply/schedule.h"

namespace foldersync {
namespace {

// The place of the first action that is of `phase` or a later one, from `begin` on.
Result<std::uint64_t> first_of(ActionCursor& cursor, std::uint64_t begin, std::uint64_t end,
                               Phase phase) {
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    const auto action = cursor.at(middle);
    if (!action) return action.error();
    if ((*action)->phase < phase) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

}  // namespace

Result<Schedule> Schedule::of(const ActionStore& actions) {
  Schedule schedule;
  schedule.total_ = actions.size();
  ActionCursor cursor(actions);
  std::uint64_t begin = 0;
  for (auto [phase, place] :
       {std::pair(Phase::kMkdir, &schedule.mkdir_), std::pair(Phase::kWrite, &schedule.write_),
        std::pair(Phase::kDelete, &schedule.rest_)}) {
    const auto first = first_of(cursor, begin, schedule.total_, phase);
    if (!first) return first.error();
    begin = *place = *first;
  }
  return schedule;
}

Progress Schedule::start() const { return {mkdir_, write_, mkdir_ == 0 ? rest_ : 0}; }

Progress Schedule::past(Progress progress, std::span<const std::uint64_t> seqs) const {
  for (const std::uint64_t seq : seqs) {
    const std::uint64_t place = seq - 1;
    if (place >= mkdir_ && place < write_) {
      ++progress.mkdir;
    } else if (place >= write_ && place < rest_) {
      ++progress.write;
    } else if (++progress.other == mkdir_) {
      progress.other = rest_;
    }
  }
  return progress;
}

Result<const Action*> ScheduleReader::next() {
  const auto give = [&](Result<const Action*> action, std::uint64_t place) {
    seq_ = place + 1;
    next_ = schedule_.past(next_, {&seq_, 1});
    return action;
  };
  const bool has_mkdir = next_.mkdir < schedule_.write_;
  const bool has_write = next_.write < schedule_.rest_;
  if (next_.other < schedule_.mkdir_ || !(has_mkdir || has_write)) {
    return give(others_.at(next_.other), next_.other);
  }
  if (!has_mkdir) return give(others_.at(next_.write), next_.write);
  const auto mkdir = mkdirs_.at(next_.mkdir);
  if (!mkdir || !has_write) return give(mkdir, next_.mkdir);
  const auto write = others_.at(next_.write);
  if (!write || (*write)->path < (*mkdir)->path) return give(write, next_.write);
  return give(mkdir, next_.mkdir);
}

}  // namespace foldersync
