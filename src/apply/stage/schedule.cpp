#include "apply/stage/schedule.h"

namespace foldersync {
namespace {

// The place of the first action that is of `phase` or a later one, from `begin` on.
Result<std::uint64_t> first_of(ActionCursor& cursor, std::uint64_t begin, std::uint64_t end,
                               Phase phase) {
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    const auto action = TRY(cursor.at(middle));
    if (action->phase < phase) {
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
        std::pair(Phase::kDelete, &schedule.delete_), std::pair(Phase::kRmdir, &schedule.rmdir_),
        std::pair(Phase::kFinish, &schedule.finish_)}) {
    const auto first = TRY(first_of(cursor, begin, schedule.total_, phase));
    begin = *place = first;
  }
  return schedule;
}

SchedulePosition Schedule::start() const {
  return {mkdir_, write_, rmdir_, rmdir_, mkdir_ == 0 ? finish_ : 0};
}

SchedulePosition Schedule::past(SchedulePosition progress,
                                std::span<const std::uint64_t> seqs) const {
  for (const std::uint64_t seq : seqs) {
    const std::uint64_t place = seq - 1;
    if (place < mkdir_ || place >= finish_) {
      if (++progress.other == mkdir_) progress.other = finish_;
    } else if (place < write_) {
      ++progress.mkdir;
    } else if (place < delete_) {
      ++progress.write;
    } else if (place < rmdir_) {
      --progress.undeleted;
    } else {
      ++progress.rmdir;
    }
  }
  return progress;
}

std::uint64_t ScheduleReader::left() const {
  const SchedulePosition end = schedule_.end();
  const std::uint64_t around = end.other - next_.other;
  const std::uint64_t inside = is_clearing() ? schedule_.finish_ - schedule_.mkdir_ : 0;
  return around - inside + (end.mkdir - next_.mkdir) + (end.write - next_.write) +
         (next_.undeleted - end.undeleted) + (end.rmdir - next_.rmdir);
}

Result<const Action*> ScheduleReader::next() {
  Choice chosen = choose();
  seq_ = chosen.place + 1;
  next_ = schedule_.past(next_, {&seq_, 1});
  return std::move(chosen.action);
}

ScheduleReader::Choice ScheduleReader::choose() {
  const bool is_made = next_.mkdir == schedule_.write_ && next_.write == schedule_.delete_;
  const bool is_gone = next_.undeleted == schedule_.delete_ && next_.rmdir == schedule_.finish_;
  if (is_clearing() || (is_made && is_gone)) return {others_.at(next_.other), next_.other};
  return is_made ? remove() : make_or_write();
}

// Whichever comes first in path order.
ScheduleReader::Choice ScheduleReader::make_or_write() {
  const bool has_write = next_.write < schedule_.delete_;
  if (next_.mkdir == schedule_.write_) return {others_.at(next_.write), next_.write};
  const Choice mkdir{directories_.at(next_.mkdir), next_.mkdir};
  if (!mkdir.action || !has_write) return mkdir;
  const Choice write{others_.at(next_.write), next_.write};
  return !write.action || (*write.action)->path < (*mkdir.action)->path ? write : mkdir;
}

// Whichever comes last in path order.
ScheduleReader::Choice ScheduleReader::remove() {
  const std::uint64_t last = next_.undeleted - 1;
  if (next_.rmdir == schedule_.finish_) return {others_.at(last), last};
  const Choice rmdir{directories_.at(next_.rmdir), next_.rmdir};
  if (!rmdir.action || next_.undeleted == schedule_.delete_) return rmdir;
  const Choice removal{others_.at(last), last};
  return !removal.action || (*removal.action)->path > (*rmdir.action)->path ? removal : rmdir;
}

}  // namespace foldersync
