#include "plan/path_order.h"

#include <array>
#include <cstddef>
#include <memory>

#include "plan/order.h"

namespace foldersync {
namespace {

// The actions of one phase, first path first.
class PhasePart {
 public:
  PhasePart() = default;
  PhasePart(Phase phase, ActionReader read, std::uint64_t begin, std::uint64_t end)
      : read_(std::move(read)), begin_(begin), end_(end), backwards_(is_deepest_first(phase)) {}

  // The action that is next; null: none.
  [[nodiscard]] const Action* front() const { return front_; }

  Status advance() {
    front_ = nullptr;
    if (begin_ == end_) return success();
    front_ = TRY(read_(backwards_ ? --end_ : begin_++));
    return success();
  }

 private:
  ActionReader read_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  bool backwards_ = false;
  const Action* front_ = nullptr;
};

using Parts = std::array<PhasePart, kPhases.size()>;

// The index of the first action of `phase` or a later one.
Result<std::uint64_t> begin_of(Phase phase, const ActionReader& read, std::uint64_t size) {
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    const Action* const action = TRY(read(middle));
    if (action->phase < phase) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

PhasePart* first_of(Parts& parts) {
  PhasePart* first = nullptr;
  for (PhasePart& part : parts) {
    if (part.front() == nullptr) continue;
    if (first == nullptr || part.front()->path < first->front()->path) first = &part;
  }
  return first;
}

}  // namespace

Result<ActionStream> in_path_order(const ActionSource& source) {
  const auto parts = std::make_shared<Parts>();
  const ActionReader read = source.reader();
  std::uint64_t begin = 0;
  for (std::size_t at = 0; at < parts->size(); ++at) {
    const bool is_last = at + 1 == parts->size();
    const std::uint64_t end =
        is_last ? source.size : TRY(begin_of(kPhases[at + 1], read, source.size));
    (*parts)[at] = PhasePart(kPhases[at], source.reader(), begin, end);
    TRY((*parts)[at].advance());
    begin = end;
  }
  return ActionStream(
      [parts, given = static_cast<PhasePart*>(nullptr)]() mutable -> Result<const Action*> {
        if (given != nullptr) TRY(given->advance());
        given = first_of(*parts);
        return given == nullptr ? nullptr : given->front();
      });
}

}  // namespace foldersync
