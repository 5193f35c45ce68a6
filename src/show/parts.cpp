#include "show/parts.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace foldersync {
namespace {

enum Place : std::size_t { kDeletions, kCautioned, kWrites, kOthers };

bool stands_above(const PartLine& a, const PartLine& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.number < b.number;
}

bool writes_content(const Action& action) {
  return writes_entry(action) && !takes_file_over(action) && action.after && action.after->size;
}

void add(Parts& parts, const Folded& folded) {
  PartLine line{folded_line(folded), tone_of(folded.action), 0, 0, folded.entries};
  if (is_deletion(folded)) {
    line.weight = folded.entries;
    // What takes the directory's place is no deletion.
    if (!removes_entry(folded.action)) --line.entries;
    parts.all[kDeletions].add(std::move(line), folded.bytes);
  } else if (writes_content(folded.action) || folded.bytes > 0) {
    line.weight = folded.bytes;
    parts.all[kWrites].add(std::move(line), folded.bytes);
  } else {
    parts.all[kOthers].add(std::move(line), 0);
  }
}

}  // namespace

void Part::add(PartLine line, std::uint64_t bytes) {
  entries_ += line.entries;
  bytes_ += std::min(bytes, UINT64_MAX - bytes_);
  line.number = ++count_;
  if (lines_.size() == most_) {
    if (line.weight <= lines_.front().weight) return;
    std::pop_heap(lines_.begin(), lines_.end(), stands_above);
    lines_.pop_back();
  }
  lines_.push_back(std::move(line));
  std::push_heap(lines_.begin(), lines_.end(), stands_above);
}

void Part::finish(const std::string& more) {
  std::sort(lines_.begin(), lines_.end(), stands_above);
  more_ = more;
}

std::string Part::title() const {
  const std::string bytes = bytes_ == 0 ? "" : ", " + human_bytes(bytes_);
  return std::string(title_) + " (" + human_count(entries_) + bytes + ")" + more_;
}

Result<Parts> parts_of(const ActionSource& actions, std::size_t most) {
  Parts parts{{Part("Deletions", most), Part("Look twice", most), Part("Largest writes", most),
               Part("Other changes", most)}};
  TRY(for_each_folded(actions, Folds::kAll, [&parts](const Folded& folded) {
    add(parts, folded);
    return success();
  }));
  CautionCounts counts;
  TRY(for_each(stream_of(actions), [&](const Action& action) {
    parts.dates = parts.dates || only_dates(action);
    const std::vector<CautionNote> notes = cautions_of(action);
    counts.add(notes);
    if (notes.empty()) return success();
    const auto weight = kCautions.size() - static_cast<std::size_t>(notes.front().caution);
    parts.all[kCautioned].add({action_line(action), Tone::kCaution, weight}, 0);
    return success();
  }));
  for (Part& part : parts.all) part.finish();
  if (counts.actions() > 0) parts.all[kCautioned].finish(": " + counts.words());
  return parts;
}

}  // namespace foldersync
