#include "show/fold.h"

#include <algorithm>
#include <optional>

#include "core/text.h"
#include "plan/order.h"
#include "plan/path_order.h"
#include "show/render.h"

namespace foldersync {
namespace {

std::uint64_t bytes_of(const Action& action) {
  if (!removes_entry(action)) return bytes_to_write(action);
  return action.before ? action.before->size.value_or(0) : 0;
}

// Whether nothing of it was in the replica under another path, but for another name of it.
bool creates(const Action& action) {
  const bool links = adds_name(action) && !action.before;
  return links || (action.op == Op::kCreate && !takes_file_over(action));
}

bool belongs_to(const Action& action, const Action& top) {
  if (!action.path.is_within(top.path)) return false;
  return creates(top) ? creates(action) : removes_entry(action);
}

class Folder {
 public:
  Folder(Folds folds, const std::function<Status(const Folded&)>& visit)
      : folds_(folds), visit_(visit) {}

  Status add(const Action& action) {
    if (only_dates(action)) return success();
    if (top_ && !action.path.is_within(top_->action.path)) TRY(close());
    if (top_ && belongs_to(action, top_->action)) {
      ++top_->entries;
      const std::uint64_t bytes = bytes_of(action);
      top_->bytes += std::min(bytes, UINT64_MAX - top_->bytes);
      return success();
    }
    if (top_ && action.path == top_->action.path) return success();  // its finish
    if (top_ || !holds_others(action)) return visit_({action, 1, bytes_of(action)});
    top_ = Folded{action, 1, replaces_directory(action) ? 0 : bytes_of(action)};
    return success();
  }

  Status close() {
    if (!top_) return success();
    const Folded folded = std::move(*top_);
    top_.reset();
    return visit_(folded);
  }

 private:
  // Whether what happens below it is told with it.
  [[nodiscard]] bool holds_others(const Action& action) const {
    if (removes_entry(action)) return is_directory(action.before);
    if (replaces_directory(action)) return true;
    return folds_ == Folds::kAll && creates(action) && is_directory(action.after) &&
           !action.path.is_root();
  }

  Folds folds_;
  const std::function<Status(const Folded&)>& visit_;
  std::optional<Folded> top_;
};

}  // namespace

Status for_each_folded(const ActionSource& actions, Folds folds,
                       const std::function<Status(const Folded&)>& visit) {
  Folder folder(folds, visit);
  const ActionStream stream = TRY(in_path_order(actions));
  TRY(for_each(stream, [&folder](const Action& action) { return folder.add(action); }));
  return folder.close();
}

std::string folded_words(const Folded& folded) {
  if (!folded.has_more()) return {};
  std::string text = replaces_directory(folded.action) ? " in place of a directory and all in it: "
                                                       : " and all in it: ";
  text += human_count(folded.entries) + " entries";
  return folded.bytes == 0 ? text : text + ", " + human_bytes(folded.bytes);
}

std::string folded_line(const Folded& folded) {
  return action_text(folded.action) + folded_words(folded) + caution_text(folded.action);
}

bool is_deletion(const Folded& folded) {
  return removes_entry(folded.action) || (replaces_directory(folded.action) && folded.has_more());
}

}  // namespace foldersync
